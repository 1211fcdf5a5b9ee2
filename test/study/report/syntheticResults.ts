import { stableHash } from '../../../core/study/stableHash.ts';
import type { StudyResults } from '../../../core/study/studyResults.ts';
import { trialResultSchema, type StudySetting, type TrialResult } from '../../../core/study/trialResult.ts';
import { randomStream, type RandomStream } from '../../../core/tensor/random.ts';
import { normalProbability } from '../../../core/training/normalDistribution.ts';

/** True properties of a made-up method. `level` is on the probit scale. */
interface Made {
  readonly name: string;
  readonly adapter: string;
  readonly level: number;
  readonly spread: number;
  readonly parameters: number;
  readonly rate: number;
  readonly principal: number;
  readonly collapses?: boolean;
}

const methods: readonly Made[] = [
  { name: 'lora', adapter: 'lora', level: 0.4, spread: 0.05, parameters: 155_648, rate: 5e-4, principal: 0.31 },
  { name: 'full', adapter: 'full', level: 0.42, spread: 0.05, parameters: 1_590_000, rate: 5e-5, principal: 0.33 },
  { name: 'dora', adapter: 'dora', level: 0.72, spread: 0.05, parameters: 160_768, rate: 5e-4, principal: 0.3 },
  {
    name: 'pissa',
    adapter: 'pissa',
    level: 0.1,
    spread: 0.2,
    parameters: 155_648,
    rate: 1e-4,
    principal: 0.86,
    collapses: true,
  },
  { name: 'vera', adapter: 'vera', level: 0.38, spread: 0.06, parameters: 6_912, rate: 2e-2, principal: 0.36 },
  { name: 'ia3', adapter: 'ia3', level: -0.2, spread: 0.06, parameters: 2_048, rate: 2e-2, principal: 0.4 },
];
const ranks = [1, 4, 16];

/** Results of a made-up study: two tasks at 8 seeds, and an exploratory part over ranks at 3, with a failed trial and some not run. */
export function syntheticResults(): StudyResults {
  const headline = ['countdown', 'chains'].flatMap((task) =>
    methods.flatMap((method) =>
      seedsOf(8).map((seed) => madeTrial('headline', method, { model: 'base', task, axes: {} }, seed)),
    ),
  );
  const floor = ranks.flatMap((rank) =>
    seedsOf(3).map((seed) => {
      const level = 0.2 + 0.05 * Math.log2(rank);
      const lora = { ...methods[0]!, level, parameters: 9_728 * rank };
      const setting = { model: 'base', task: 'chains', axes: { 'adapter.rank': rank } };
      return madeTrial('floor', lora, setting, seed);
    }),
  );
  const ia3 = { model: 'base', task: 'chains', axes: {} };
  const alone = seedsOf(3).map((seed) => madeTrial('floor', methods[5]!, ia3, seed));
  return {
    format: 1,
    kind: 'rlvr-lab/study-results',
    name: 'made-up',
    description:
      'Made up, with known truth: dora is better, ia3 is worse, the others are alike but for pissa, which collapses.',
    version: '0.0.0',
    parts: [
      part('headline', 'All methods against LoRA and full fine-tuning', false, 8, ['countdown', 'chains'], {}),
      part('floor', 'How few parameters are enough?', true, 3, ['chains'], { 'adapter.rank': ranks }, ['lora', 'ia3']),
    ],
    methods: methods.map(({ name, adapter }) => ({
      name,
      adapter,
      options: adapter === 'full' ? {} : { r: 16 },
      targets: adapter === 'full' ? [] : ['q_proj', 'v_proj'],
    })),
    models: [{ name: 'base', parameters: 1_590_000 }],
    differs: [{ in: 'budget', methods: ['full'], because: 'Its grid of learning rates lies lower.' }],
    splits: [
      { task: 'countdown', split: 'train', name: 'countdown' },
      { task: 'countdown', split: 'selection', name: 'countdown', problems: 64, seeds: [900] },
      { task: 'countdown', split: 'report', name: 'countdown', problems: 64, seeds: seedsOf(8) },
      { task: 'chains', split: 'train', name: 'chains' },
      { task: 'chains', split: 'selection', name: 'chains', problems: 64, seeds: [900] },
      { task: 'chains', split: 'report', name: 'chains', problems: 64, seeds: seedsOf(8) },
    ],
    target: { countdown: 0.5, chains: 0.5 },
    tuning: methods.map((method) => arm(method)),
    trials: [...withFailure(headline), ...floor, ...alone],
    notRun: [
      {
        part: 'floor',
        method: 'vera',
        setting: { model: 'base', task: 'chains', axes: {} },
        seeds: seedsOf(3),
        because: 'the budget of 6 hours was used up',
      },
    ],
    seconds: { trials: 5400, overhead: 54 },
  };
}

function seedsOf(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function part(
  name: string,
  title: string,
  exploratory: boolean,
  seeds: number,
  tasks: readonly string[],
  axes: Record<string, unknown[]>,
  own: readonly string[] = methods.map((method) => method.name),
): StudyResults['parts'][number] {
  return {
    name,
    title,
    exploratory,
    baselines: exploratory ? ['lora'] : ['lora', 'full'],
    methods: exploratory ? [...own, 'vera'] : [...own],
    models: ['base'],
    tasks: [...tasks],
    axes,
    seeds: seedsOf(seeds),
    learningRate: 'tuned',
    seconds: exploratory ? 700 : 4700,
  };
}

function withFailure(trials: readonly TrialResult[]): TrialResult[] {
  return trials.map((trial) => {
    const [use] = trial.uses;
    const fails = use?.method === 'pissa' && use.setting.task === 'chains' && trial.seed === 8;
    const error = { code: 'training/not-finite', message: 'The loss of step 31 is NaN.' };
    return fails ? { ...trial, status: 'failed' as const, error, benchmarks: {}, retention: {}, spectra: {} } : trial;
  });
}

function madeTrial(partName: string, method: Made, setting: StudySetting, seed: number): TrialResult {
  const random = randomStream(seed, partName, method.name, JSON.stringify(setting));
  const shift = (random.normals(1)[0] ?? 0) * method.spread;
  const collapsed = method.collapses === true && seed % 3 === 0;
  const other = setting.task === 'chains' ? 'countdown' : 'chains';
  const accuracyAt = (share: number): number => normalProbability(-0.5 + share * (method.level + shift + 0.5));
  const steps = Array.from({ length: 13 }, (_, index) => index * 5);
  const curve = (value: (share: number) => number): { step: number; value: number }[] =>
    steps.map((step) => ({ step, value: Number(value(step / 60).toFixed(4)) }));
  const survives = (share: number): number => (collapsed && share > 0.5 ? 0 : 1);
  return trialResultSchema.parse({
    id: stableHash([partName, method.name, setting, seed]),
    phase: 'report',
    uses: [{ part: partName, method: method.name, setting, learningRate: 'tuned' }],
    seed,
    learningRate: method.rate,
    steps: 60,
    status: 'finished',
    run: `made-up-${partName}-${method.name}-${setting.task}-${seed}`,
    trainableParameters: method.parameters,
    benchmarks: { [setting.task]: benchmark(setting.task, method.level + shift, collapsed, random) },
    retention: { [other]: benchmark(other, -0.6 + shift, collapsed, random) },
    klFromBase: Number((0.05 + 0.1 * random.uniform() + (collapsed ? 3 : 0)).toFixed(4)),
    tokens: 400_000 + random.integer(20_000),
    ...(accuracyAt(1) * survives(1) > 0.5 ? { tokensToTarget: 150_000 + random.integer(40_000) } : {}),
    seconds: { total: 40 + random.integer(10), training: 30, evaluation: 8 },
    peakMemoryBytes: 540 * 2 ** 20 + random.integer(2 ** 24),
    curves: {
      reward: curve((share) => accuracyAt(share) * survives(share)),
      accuracy: curve((share) => accuracyAt(share) * survives(share)),
      kl: curve((share) => 0.1 * share),
      entropy: curve((share) => 0.6 - 0.4 * share),
      length: curve((share) => 30 + 20 * share),
      spectra: { 'energy/principal_half_right': curve((share) => method.principal * share) },
    },
    spectra: {
      'effective_rank/effective': Number((4 + 3 * random.uniform()).toFixed(4)),
      'effective_rank/stable': Number((2 + random.uniform()).toFixed(4)),
      'energy/principal_half_right': method.principal,
      'energy/principal_half_chance_right': 0.5,
      'energy/top_right': method.principal / 3,
      'energy/top_left': method.principal / 3,
      'energy/top_chance_right': 0.08,
      'energy/top_chance_left': 0.08,
      'intruders/left': collapsed ? 3 : 0,
      'update_size/relative': 0.04,
    },
  });
}

/** Problems differ the same for every method; completions are drawn. */
function benchmark(task: string, level: number, collapsed: boolean, random: RandomStream): unknown {
  const difficulty = randomStream(7, 'problems', task).normals(64);
  const draws = random.uniforms(64 * 4);
  const shares = Array.from(difficulty, (value, problem) => {
    const chance = collapsed ? 0 : normalProbability(level + 0.9 * value);
    return [0, 1, 2, 3].filter((sample) => (draws[problem * 4 + sample] ?? 1) < chance).length / 4;
  });
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    split: 'report',
    hash: `hash-of-${task}`,
    accuracy: mean(shares),
    samples: 4,
    shares,
    passAtK: { 1: mean(shares), 4: mean(shares.map((share) => (share > 0 ? 1 : 0))) },
    meanTokens: 42,
  };
}

function arm({ name, rate, level }: Made): StudyResults['tuning'][number] {
  const factors = name === 'vera' ? [0.1, 0.3, 1, 3] : [0.1, 0.3, 1];
  return {
    method: name,
    setting: { model: 'base', task: 'chains', axes: {} },
    chosen: rate,
    ...(name === 'ia3' ? { atEdge: 'high' as const } : {}),
    trials: factors.length,
    steps: factors.length * 30,
    rates: factors.map((factor) => ({
      learningRate: rate * factor,
      steps: factor === 0.1 ? 30 : 60,
      ...(name === 'pissa' && factor === 0.3
        ? {}
        : { accuracy: normalProbability(level - 0.3 * Math.abs(Math.log10(factor))) }),
      extension: factor === 3,
    })),
  };
}
