import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LossBatch } from '../../../core/conformance/objectiveBench.ts';
import type { Objective, PolicyBatch } from '../../../core/contracts/objective.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { plugins } from '../../../plugins/index.ts';
import { runEagerly } from './runEagerly.ts';

const columns = 5;
const lengths = [5, 1, 3, 4];

function objectiveNamed(id: string): Objective {
  return plugins.objectives.find((objective) => objective.id === id)!;
}

/** Whether the objective's advantages are of tokens. */
function isPerToken({ requirements, config }: Objective): boolean {
  return requirements(config.parse({})).advantage === 'global';
}

/** A whole step of four sequences, as the trainer gives it to the objective. */
function wholeStep(objective: Objective = objectiveNamed('grpo')): LossBatch {
  const random = randomStream(7, 'objectives');
  const rows = lengths.length;
  const mask = Float32Array.from({ length: rows * columns }, (_, i) =>
    i % columns < (lengths[Math.floor(i / columns)] ?? 0) ? 1 : 0,
  );
  const logps = random.uniforms(rows * columns).map((u, i) => (-2 * u - 0.1) * (mask[i] ?? 0));
  const moved = (scale: number): Float32Array =>
    random.normals(logps.length).map((z, i) => ((logps[i] ?? 0) + scale * z) * (mask[i] ?? 0));
  const localTokens = mask.reduce((sum, value) => sum + value, 0);
  return {
    rows,
    columns,
    logps,
    oldLogps: moved(0.3),
    referenceLogps: moved(0.1),
    samplingLogps: moved(0.05),
    entropies: random.uniforms(logps.length),
    mask,
    advantages: Float32Array.of(1, -0.5, 0.25, -1),
    ...(isPerToken(objective) ? { tokenAdvantages: random.normals(logps.length) } : {}),
    counts: {
      rows,
      localTokens,
      globalTokens: localTokens,
      stepRows: rows,
      stepsPerGeneration: 1,
      accumulation: 1,
      maxCompletionTokens: 8,
    },
  };
}

/** Rows `begin` to `end` as one of `accumulation` micro-batches of the step, with padding rows and columns added. */
function cut(
  batch: LossBatch,
  begin: number,
  end: number,
  padding: { rows: number; columns: number },
  accumulation: number,
): LossBatch {
  const rows = end - begin;
  const wide = batch.columns + padding.columns;
  const part = (values: Float32Array, fill: number): Float32Array => {
    const result = new Float32Array((rows + padding.rows) * wide).fill(fill);
    for (let i = 0; i < rows * batch.columns; i++) {
      const target = Math.floor(i / batch.columns) * wide + (i % batch.columns);
      result[target] = values[begin * batch.columns + i] ?? 0;
    }
    return result;
  };
  const mask = part(batch.mask, 0);
  const localTokens = mask.reduce((sum, value) => sum + value, 0);
  return {
    ...batch,
    rows: rows + padding.rows,
    columns: wide,
    logps: part(batch.logps, -3),
    oldLogps: part(batch.oldLogps, -1),
    referenceLogps: part(batch.referenceLogps, -2),
    samplingLogps: part(batch.samplingLogps, -1),
    entropies: part(batch.entropies, 9),
    mask,
    ...(batch.tokenAdvantages === undefined ? {} : { tokenAdvantages: part(batch.tokenAdvantages, 5) }),
    advantages: Float32Array.of(...batch.advantages.slice(begin, end), ...new Float32Array(padding.rows)),
    counts: { ...batch.counts, rows, localTokens, accumulation },
  };
}

/** Options of which each objective is tried with those that it has. */
const configurations: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { off_policy_mask_threshold: 0.1, rollout_correction: 'token_mask' },
  { rollout_correction: 'sequence_truncate' },
  { importance_sampling_level: 'sequence', off_policy_mask_threshold: 0.1 },
  { beta: 0.1 },
  { beta: 0.1, kl_estimator: 'k2', use_bias_correction_kl: false },
  { entropy_coef: 0.02 },
  { top_entropy_quantile: 0.4 },
  { delta: 0.9 },
  { epsilon_high: null, epsilon: 0.2 }, // eslint-disable-line no-restricted-syntax
  { reduction: 'micro_batch_token_mean' },
  { reduction: 'sequence_sum' },
  { kl_in: 'loss', baseline: 'group' },
  { clip_cov_lb: -1, clip_cov_ub: 1, clip_cov_ratio: 0.3 },
  { kl_cov_ratio: 0.3 },
];

/** Every objective with each of the options that it has. */
const configured = plugins.objectives.flatMap((objective) =>
  configurations
    .filter((options) => objective.config.safeParse(options).success)
    .map((options) => ({ id: objective.id, options, objective, config: objective.config.parse(options) })),
);

/** Extremes over micro-batches are not sums of anything. */
function isExtreme(name: string): boolean {
  return name.endsWith('_min') || name.endsWith('_max');
}

describe('objectives', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it.each(configured)('$id $options does not see padding rows and columns', ({ objective, config }) => {
    const step = wholeStep(objective);
    const state = objective.state?.initial(config) ?? {};
    const plain = runEagerly(objective, config, cut(step, 0, 4, { rows: 0, columns: 0 }, 1), state);
    const padded = runEagerly(objective, config, cut(step, 0, 4, { rows: 2, columns: 3 }, 1), state);
    expect(padded.loss).toBeCloseTo(plain.loss, 6);
    expect(padded.gradient.filter((value) => value !== 0)).toHaveLength(
      plain.gradient.filter((value) => value !== 0).length,
    );
    for (const [name, { sum, weight }] of Object.entries(plain.metrics)) {
      if (isExtreme(name)) continue;
      expect(padded.metrics[name]!.sum / padded.metrics[name]!.weight, name).toBeCloseTo(sum / weight, 6);
    }
  });

  const uncut = plugins.objectives.filter(({ id }) => !['bnpo', 'clip_cov', 'kl_cov'].includes(id));
  it.each(uncut.map((objective) => ({ id: objective.id, objective })))(
    '$id gives the same loss however the step is cut',
    ({ id, objective }) => {
      const config = objective.config.parse(id === 'sft' ? {} : { beta: 0.1 });
      const step = wholeStep(objective);
      const whole = runEagerly(objective, config, step);
      const parts = [cut(step, 0, 1, { rows: 0, columns: 0 }, 2), cut(step, 1, 4, { rows: 0, columns: 0 }, 2)];
      const losses = parts.map((part) => runEagerly(objective, config, part));
      expect(losses[0]!.loss + losses[1]!.loss).toBeCloseTo(whole.loss, 6);
      for (const [name, { sum }] of Object.entries(whole.metrics)) {
        if (isExtreme(name)) continue;
        expect(losses[0]!.metrics[name]!.sum + losses[1]!.metrics[name]!.sum, name).toBeCloseTo(sum, 5);
      }
    },
  );

  it('shares a generation batch out among its optimizer steps', () => {
    const dapo = objectiveNamed('dapo');
    const step = wholeStep();
    const twice = { ...step, counts: { ...step.counts, stepsPerGeneration: 2 } };
    const config = dapo.config.parse({});
    expect(runEagerly(dapo, config, twice).loss).toBeCloseTo(2 * runEagerly(dapo, config, step).loss, 6);
  });

  it('sft is the mean cross-entropy of the active tokens', () => {
    const sft = objectiveNamed('sft');
    const step = wholeStep();
    const expected = -step.logps.reduce((sum, value, i) => sum + value * (step.mask[i] ?? 0), 0) / 13;
    const { loss, gradient, metrics } = runEagerly(sft, sft.config.parse({}), step);
    expect(loss).toBeCloseTo(expected, 6);
    expect(metrics['cross_entropy']!.sum / metrics['cross_entropy']!.weight).toBeCloseTo(expected, 6);
    expect(gradient).toEqual(step.mask.map((active) => (active === 1 ? Math.fround(-1 / 13) : -0)));
  });

  it('gspo is grpo with a ratio of sequences, and dual_clip dapo with a cap where the advantage is negative', () => {
    const step = wholeStep();
    const pairs = [
      ['gspo', {}, 'grpo', { importance_sampling_level: 'sequence', epsilon: 3e-4, epsilon_high: 4e-4 }],
      ['dual_clip', { clip_ratio_c: 1.3 }, 'dapo', { delta: 1.3 }],
      ['luspo', {}, 'luspo', { importance_sampling_level: 'sequence' }],
    ] as const;
    for (const [id, options, other, otherOptions] of pairs) {
      const [own, same] = [objectiveNamed(id), objectiveNamed(other)];
      const result = runEagerly(own, own.config.parse(options), step);
      const expected = runEagerly(same, same.config.parse(otherOptions), step);
      expect(result.loss).toBeCloseTo(expected.loss, 7);
      expect([...result.gradient]).toEqual([...expected.gradient]);
    }
  });

  it('asks for what its advantages need', () => {
    const asked = (id: string, options: object = {}): unknown => {
      const { requirements, config } = objectiveNamed(id);
      return requirements(config.parse(options));
    };
    expect(asked('rloo')).toMatchObject({
      advantage: 'rloo',
      beta: 0,
      minimumGroupSize: 2,
      advantageDetails: { rewardKl: { beta: 0.05, estimator: 'k1' }, normalizes: false },
    });
    expect(asked('rloo', { beta: 0, reward_clip_range: [-1, 1] })).toMatchObject({
      advantageDetails: { normalizes: false, rewardClipRange: [-1, 1] },
    });
    expect(asked('reinforce_plus_plus')).toMatchObject({
      advantage: 'global',
      beta: 0,
      minimumGroupSize: 1,
      advantageDetails: { baseline: 'none', rewardKl: { beta: 0.01, estimator: 'k1' } },
    });
    expect(asked('reinforce_plus_plus', { kl_in: 'loss', baseline: 'group' })).toMatchObject({
      beta: 0.01,
      minimumGroupSize: 2,
      advantageDetails: { baseline: 'group' },
    });
    expect(asked('gpg')).toMatchObject({ advantage: 'group', advantageDetails: { compensatesIdleGroups: true } });
  });

  it('says what it asks of the trainer', () => {
    const grpo = objectiveNamed('grpo');
    expect(grpo.requirements(grpo.config.parse({ beta: 0.25 }))).toEqual({
      advantage: 'group',
      rollouts: true,
      beta: 0.25,
      skipsZeroAdvantage: false,
      minimumGroupSize: 2,
    });
    const sft = objectiveNamed('sft');
    expect(sft.requirements(sft.config.parse({}))).toMatchObject({ advantage: 'supervised', rollouts: false, beta: 0 });
  });

  it.each(configured)(
    '$id $options: where rows of advantage 0 may be left out, nothing tells that they were',
    ({ objective, config }) => {
      if (!objective.requirements(config).skipsZeroAdvantage) return;
      const step = wholeStep(objective);
      // The policy is the one that sampled, as wherever rows are left out.
      const idle = { ...step, oldLogps: step.logps, advantages: Float32Array.of(1, 0, 0.25, -1) };
      const alone = (begin: number, end: number): LossBatch => cut(idle, begin, end, { rows: 0, columns: 0 }, 1);
      const whole = runEagerly(objective, config, idle);
      const parts = [runEagerly(objective, config, alone(0, 1)), runEagerly(objective, config, alone(2, 4))];
      expect(whole.gradient.slice(columns, 2 * columns).every((value) => value === 0)).toBe(true);
      const rest = [...whole.gradient.slice(0, columns), ...whole.gradient.slice(2 * columns)];
      expect(parts.flatMap((part) => [...part.gradient])).toEqual(rest);
      for (const [name, { sum, weight }] of Object.entries(whole.metrics)) {
        // The trainer has the entropy of all rows from the sampler.
        if (name === 'entropy' || isExtreme(name)) continue;
        const total = (part: 'sum' | 'weight'): number =>
          parts.reduce((all, { metrics }) => all + metrics[name]![part], 0);
        expect(total('sum') / total('weight'), name).toBeCloseTo(sum / weight, 6);
      }
    },
  );

  it('leaves rows of advantage 0 out wherever it can', () => {
    const leavesOut = (options: object): readonly string[] =>
      plugins.objectives
        .filter(({ config }) => config.safeParse(options).success)
        .filter(({ config, requirements }) => requirements(config.parse(options)).skipsZeroAdvantage)
        .map(({ id }) => id);
    const most = [
      'dapo',
      'grpo',
      'dr_grpo',
      'gspo',
      'luspo',
      'cispo',
      'sapo',
      'vespo',
      'rloo',
      'geo_mean',
      'dual_clip',
    ];
    expect(leavesOut({})).toEqual([...most, 'gpg']);
    expect(leavesOut({ beta: 0.1 })).toEqual(['rloo']);
    expect(leavesOut({ entropy_coef: 0.01 })).toEqual([]);
    expect(leavesOut({ use_adaptive_entropy: true })).toEqual([]);
    expect(leavesOut({ top_entropy_quantile: 0.5 })).toEqual([]);
    expect(leavesOut({ reduction: 'micro_batch_token_mean' })).toEqual([]);
    expect(leavesOut({ rollout_correction: 'token_mask' })).not.toContain('vespo');
    expect(leavesOut({ epsilon_high: null })).not.toContain('cispo'); // eslint-disable-line no-restricted-syntax
  });

  it('fails closed where the trainer leaves something out', () => {
    const grpo = objectiveNamed('grpo');
    const ones = tf.ones<tf.Rank.R2>([1, 1]);
    const batch = { logps: ones, oldLogps: ones, mask: ones, entropies: ones, advantages: tf.ones<tf.Rank.R1>([1]) };
    const counts = wholeStep().counts as unknown as PolicyBatch['counts'];
    const run = (options: object): unknown =>
      grpo.loss(grpo.config.parse(options), { ...batch, samplingLogps: ones, counts });
    expect(() => run({ beta: 0.1 })).toThrow(/no reference log-probabilities/);
    expect(() => run({ use_adaptive_entropy: true })).toThrow(/state of its objective/);
    const given = { ...batch, samplingLogps: ones, counts };
    const of = (id: string) => objectiveNamed(id).loss(objectiveNamed(id).config.parse({}), given);
    expect(() => of('clip_cov')).toThrow(/state of its objective/);
    expect(() => of('reinforce_plus_plus')).toThrow(/Advantages of tokens/);
  });

  it.each([
    [{ epsilon: -0.1 }, 'epsilon'],
    [{ beta: Number.NaN }, 'beta'],
    [{ importance_sampling_level: 'word' }, 'importance_sampling_level'],
    [{ rollout_clip_min: 4 }, 'rollout_clip_min must not be above'],
    [{ entropy_coef_min: 2 }, 'entropy_coef_min must not be above'],
    [{ epsilonhigh: 0.28 }, 'epsilonhigh'],
  ])('refuses %j', (options, named) => {
    const result = objectiveNamed('dapo').config.safeParse(options);
    expect(result.error?.message).toContain(named);
  });
});
