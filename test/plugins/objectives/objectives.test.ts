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

/** A whole step of four sequences. */
function wholeStep(): LossBatch {
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
    advantages: Float32Array.of(...batch.advantages.slice(begin, end), ...new Float32Array(padding.rows)),
    counts: { ...batch.counts, rows, localTokens, accumulation },
  };
}

const clipped = ['grpo', 'bnpo', 'dr_grpo', 'dapo'];

describe('objectives', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it.each(plugins.objectives.map(({ id }) => id))('%s does not see padding rows and columns', (id) => {
    const objective = objectiveNamed(id);
    const configs = clipped.includes(id)
      ? [
          { beta: 0.1, entropy_coef: 0.02 },
          { importance_sampling_level: 'sequence', off_policy_mask_threshold: 0.1 },
          { top_entropy_quantile: 0.4 },
        ]
      : [{}];
    const step = wholeStep();
    for (const options of configs) {
      const config = objective.config.parse(options);
      const plain = runEagerly(objective, config, cut(step, 0, 4, { rows: 0, columns: 0 }, 1));
      const padded = runEagerly(objective, config, cut(step, 0, 4, { rows: 2, columns: 3 }, 1));
      expect(padded.loss).toBeCloseTo(plain.loss, 6);
      expect(padded.gradient.filter((value) => value !== 0)).toHaveLength(
        plain.gradient.filter((value) => value !== 0).length,
      );
      for (const [name, { sum, weight }] of Object.entries(plain.metrics)) {
        if (name === 'clip_ratio/low_min' || name === 'clip_ratio/high_max') continue;
        expect(padded.metrics[name]!.sum / padded.metrics[name]!.weight, name).toBeCloseTo(sum / weight, 6);
      }
    }
  });

  it.each(['grpo', 'dr_grpo', 'dapo', 'sft'])('%s gives the same loss however the step is cut', (id) => {
    const objective = objectiveNamed(id);
    const config = objective.config.parse(id === 'sft' ? {} : { beta: 0.1 });
    const step = wholeStep();
    const whole = runEagerly(objective, config, step);
    const parts = [cut(step, 0, 1, { rows: 0, columns: 0 }, 2), cut(step, 1, 4, { rows: 0, columns: 0 }, 2)];
    const losses = parts.map((part) => runEagerly(objective, config, part));
    expect(losses[0]!.loss + losses[1]!.loss).toBeCloseTo(whole.loss, 6);
    for (const [name, { sum }] of Object.entries(whole.metrics)) {
      if (name.endsWith('_min') || name.endsWith('_max')) continue;
      expect(losses[0]!.metrics[name]!.sum + losses[1]!.metrics[name]!.sum, name).toBeCloseTo(sum, 5);
    }
  });

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

  it.each([
    [{}, true],
    [{ off_policy_mask_threshold: 0.1, rollout_correction: 'token_mask' }, true],
    [{ beta: 0.1 }, false],
    [{ entropy_coef: 0.01 }, false],
    [{ use_adaptive_entropy: true }, false],
    [{ top_entropy_quantile: 0.5 }, false],
  ])('rows of advantage 0 can be left out with %j: %s', (options, expected) => {
    const step = wholeStep();
    const idle = { ...step, advantages: Float32Array.of(1, 0, 0.25, -1) };
    const alone = (begin: number, end: number): LossBatch => cut(idle, begin, end, { rows: 0, columns: 0 }, 1);
    for (const id of clipped) {
      const objective = objectiveNamed(id);
      const config = objective.config.parse(options);
      const { skipsZeroAdvantage } = objective.requirements(config);
      expect(skipsZeroAdvantage, id).toBe(expected && id !== 'bnpo');
      if (!skipsZeroAdvantage) continue;
      const { gradient } = runEagerly(objective, config, idle);
      expect(gradient.slice(columns, 2 * columns).every((value) => value === 0)).toBe(true);
      const without = [runEagerly(objective, config, alone(0, 1)), runEagerly(objective, config, alone(2, 4))];
      const expectedRest = [...gradient.slice(0, columns), ...gradient.slice(2 * columns)];
      expect(without.flatMap((part) => [...part.gradient])).toEqual(expectedRest);
    }
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
