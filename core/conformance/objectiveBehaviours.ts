import type { Objective, PolicyBatch, PolicyCounts } from '../contracts/objective.ts';
import { compile } from '../tensor/compile.ts';
import { randomStream } from '../tensor/random.ts';
import { tf } from '../tensor/tf.ts';
import type { InputSpec } from '../tensor/trace.ts';
import type { Behaviour } from './behaviour.ts';
import { nonconformity } from './behaviour.ts';
import type { DescribedPlugin } from './description.ts';
import { differenceInWords, notFiniteInWords } from './difference.ts';

/** An objective with the least options that a user can write for it. */
export interface ObjectiveSubject extends DescribedPlugin {
  readonly objective: Objective;
  readonly config: unknown;
}

const columns = 4;
const lengths = [4, 2, 3];
const rows = lengths.length;
const advantages = [1.5, 0, -0.75];
const tokenTensors = ['logps', 'oldLogps', 'referenceLogps', 'samplingLogps', 'entropies', 'mask'] as const;
const counts: Readonly<Record<keyof PolicyCounts, number>> = {
  rows,
  localTokens: 9,
  globalTokens: 9,
  stepRows: rows,
  stepsPerGeneration: 1,
  accumulation: 1,
  maxCompletionTokens: 8,
};
const differenceStep = 1e-2;
const gradientTolerance = 1e-3;

type Batch = Readonly<Record<(typeof tokenTensors)[number], Float32Array>>;

interface LossResult {
  readonly loss: number;
  readonly gradient: Float32Array;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Near its old policy, so that no ratio lies at a clip's edge; padding holds values that must not be seen. */
function batchWith(padding: number): Batch {
  const random = randomStream(9, 'objectives');
  const mask = Float32Array.from({ length: rows * columns }, (_, i) =>
    Number(i % columns < (lengths[Math.floor(i / columns)] ?? 0)),
  );
  const padded = (values: Float32Array): Float32Array => values.map((value, i) => (mask[i] === 1 ? value : padding));
  const logps = padded(random.uniforms(mask.length).map((value) => -0.1 - 2 * value));
  const near = (): Float32Array =>
    padded(random.uniforms(mask.length).map((value, i) => (logps[i] ?? 0) + 0.1 * (value - 0.5)));
  return {
    logps,
    oldLogps: near(),
    referenceLogps: near(),
    samplingLogps: near(),
    entropies: padded(random.uniforms(mask.length)),
    mask,
  };
}

/** Loss, gradient and metric sums for each batch, R and T unknown while tracing. */
async function run(
  { objective, config, plugin }: ObjectiveSubject,
  batches: readonly Batch[],
): Promise<readonly LossResult[]> {
  const state = objective.state?.initial(config) ?? {};
  const scalars = { ...counts, ...state };
  const spec = (shape: InputSpec['shape']): InputSpec => ({ shape, dtype: 'float32' });
  const inputs = Object.fromEntries([
    ...tokenTensors.map((name) => [name, spec(['R', 'T'])] as const),
    ...Object.keys(scalars).map((name) => [`scalar ${name}`, spec([])] as const),
    ['advantages', spec(['R'])] as const,
  ]);
  const graph = await compile(inputs, (tensors) => {
    const named = (names: readonly string[]): Record<string, tf.Scalar> =>
      Object.fromEntries(names.map((name) => [name, tensors[`scalar ${name}`] as tf.Scalar]));
    let sums: Record<string, tf.Tensor> = {};
    const loss = (logps: tf.Tensor): tf.Scalar => {
      const batch = { ...tensors, logps, counts: named(Object.keys(counts)), state: named(Object.keys(state)) };
      const result = objective.loss(config, batch as unknown as PolicyBatch);
      if (result.loss.rank !== 0)
        throw nonconformity(
          { plugin, method: 'loss' },
          `the loss is of shape [${result.loss.shape.join(', ')}], expected a scalar`,
        );
      sums = Object.fromEntries(
        Object.entries(result.metrics).flatMap(([name, { sum, weight }]) => [
          [`metric sum of ${name}`, tf.keep(sum)],
          [`metric weight of ${name}`, tf.keep(weight)],
        ]),
      );
      return result.loss;
    };
    const { value, grads } = tf.valueAndGrads((logps: tf.Tensor) => loss(logps))([tensors['logps'] as tf.Tensor]);
    return { ...sums, loss: value, gradient: grads[0] as tf.Tensor };
  });
  try {
    const results: LossResult[] = [];
    for (const batch of batches) {
      const fed = Object.fromEntries(
        Object.entries(scalars).map(([name, value]) => [`scalar ${name}`, Float32Array.of(value)]),
      );
      const outputs = await graph.run(
        { ...batch, ...fed, advantages: Float32Array.from(advantages) },
        { R: rows, T: columns },
      );
      const metrics = Object.entries(outputs).filter(([name]) => name.startsWith('metric '));
      results.push({
        loss: outputs['loss']?.data[0] ?? NaN,
        gradient: outputs['gradient']?.data as Float32Array,
        metrics: Object.fromEntries(metrics.map(([name, { data }]) => [name.slice('metric '.length), data[0] ?? NaN])),
      });
    }
    return results;
  } finally {
    await graph.release();
  }
}

const hasGradient: Behaviour<ObjectiveSubject> = {
  name: 'has a finite loss, and the gradient of it',
  isBasic: true,
  judge: async (subject) => {
    const batch = batchWith(-3);
    const places = [...batch.mask.keys()];
    const shifted = (place: number, by: number): Batch => ({
      ...batch,
      logps: batch.logps.map((value, i) => (i === place ? value + by : value)),
    });
    const moved = places.flatMap((place) => [shifted(place, differenceStep), shifted(place, -differenceStep)]);
    const [here, ...around] = await run(subject, [batch, ...moved]);
    const place = { plugin: subject.plugin, method: 'loss' };
    const values = [here?.loss ?? NaN, ...Object.values(here?.metrics ?? {})];
    if (notFiniteInWords(values) !== undefined)
      throw nonconformity(place, `the loss is ${here?.loss}, the metrics are ${JSON.stringify(here?.metrics)}`);
    const slopes = places.map(
      (i) => ((around[2 * i]?.loss ?? NaN) - (around[2 * i + 1]?.loss ?? NaN)) / (2 * differenceStep),
    );
    const problem = differenceInWords(here?.gradient ?? [], slopes, gradientTolerance);
    if (problem !== undefined)
      throw nonconformity(place, `the gradient is not the one of finite differences: ${problem}`);
  },
};

const leavesPaddingOut: Behaviour<ObjectiveSubject> = {
  name: 'gives padding no part in the loss, the gradient or a metric',
  judge: async (subject) => {
    const [plain, other] = await run(subject, [batchWith(-3), batchWith(-1)]);
    if (JSON.stringify(plain) === JSON.stringify(other)) return;
    const losses = `the loss is ${plain?.loss} with padding of -3 and ${other?.loss} with padding of -1`;
    throw nonconformity({ plugin: subject.plugin, method: 'loss' }, losses);
  },
};

const asksForWhatFits: Behaviour<ObjectiveSubject> = {
  name: 'asks of the sampler and the trainer what fits together',
  judge: ({ plugin, objective, config }) => {
    const { advantage, rollouts, beta, minimumGroupSize } = objective.requirements(config);
    const wrong = (problem: string): never => {
      throw nonconformity({ plugin, method: 'requirements' }, problem);
    };
    if (minimumGroupSize < (advantage === 'group' ? 2 : 1))
      wrong(`a group of ${minimumGroupSize} has no advantage of kind ${advantage}`);
    if (rollouts !== (advantage !== 'supervised'))
      wrong(`rollouts is ${rollouts} with advantages of kind ${advantage}`);
    if (!(beta >= 0)) wrong(`beta is ${beta}, expected at least 0`);
  },
};

/** What every objective does. */
export const objectiveBehaviours: readonly Behaviour<ObjectiveSubject>[] = [
  hasGradient,
  leavesPaddingOut,
  asksForWhatFits,
];
