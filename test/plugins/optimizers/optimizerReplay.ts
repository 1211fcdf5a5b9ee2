import '@tensorflow/tfjs-backend-cpu';
import type { Optimizer } from '../../../core/contracts/optimizer.ts';
import type { ParameterSpec } from '../../../core/contracts/parameter.ts';
import type { SafetensorsFile } from '../../../core/model/safetensors.ts';
import { compile } from '../../../core/tensor/compile.ts';
import { tf } from '../../../core/tensor/tf.ts';
import type { InputSpec } from '../../../core/tensor/trace.ts';
import { valueCount } from '../../../core/valueCount.ts';
import { clipByNorm } from '../../../core/optimizer/gradient/clipByNorm.ts';
import { expectClose } from '../../closeness.ts';

/** Steps of an optimizer over gradients of the golden data. */
export interface Replay {
  readonly optimizer: Optimizer;
  readonly config: unknown;
  /** All parameters; those that are not trained stay as they are. */
  readonly specs: readonly ParameterSpec[];
  readonly learningRate: number;
  readonly steps: number;
  readonly clip?: number | undefined;
  /** Norms of the gradients before clipping, one a step. */
  readonly norms?: readonly number[];
  readonly tolerance: number;
  readonly file: SafetensorsFile;
  /** Names of the file's tensors for a parameter: its start, and [steps, ...] of its gradients and of its values after each step. */
  readonly names: (parameter: string) => {
    readonly initial: string;
    readonly gradients: string;
    readonly after: string;
  };
}

type Arrays = Readonly<Record<string, Float32Array>>;
type Step = (feeds: Arrays) => Promise<Readonly<Record<string, Float32Array>>>;

/** One optimizer step as a function of tensors by name: `value P`, `gradient P`, `slot P NAME`, `step`, `rate`. */
function stepFunction({ optimizer, config, specs, clip }: Replay) {
  const trained = specs.filter(({ trainable }) => trainable);
  return (tensors: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const raw = trained.map(({ name }) => tensors[`gradient ${name}`]!);
    const { gradients, norm } = clip === undefined ? { gradients: raw, norm: tf.scalar(0) } : clipByNorm(raw, clip);
    const parameters = trained.map((spec, i) => ({
      spec,
      value: tensors[`value ${spec.name}`]!,
      gradient: gradients[i]!,
      slots: Object.fromEntries(
        optimizer.slots(config, spec).map(({ name }) => [name, tensors[`slot ${spec.name} ${name}`]!]),
      ),
    }));
    const frozen = specs
      .filter(({ trainable }) => !trainable)
      .map((spec) => ({ spec, value: tensors[`value ${spec.name}`]! }));
    const scalars = { learningRate: tensors['rate'] as tf.Scalar, step: tensors['step'] as tf.Scalar };
    const updates = optimizer.update(config, parameters, scalars, frozen);
    const named = updates.flatMap(({ value, slots }, i) => [
      [`value ${trained[i]!.name}`, value] as const,
      ...Object.entries(slots).map(([name, slot]) => [`slot ${trained[i]!.name} ${name}`, slot] as const),
    ]);
    return { ...Object.fromEntries(named), norm };
  };
}

/** Shapes of what a step is fed, and the state before the first one. */
function startOf({ optimizer, config, specs, file, names }: Replay): {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly state: Arrays;
} {
  const inputs: Record<string, InputSpec> = {};
  const state: Record<string, Float32Array> = {};
  const float = (shape: readonly number[]): InputSpec => ({ shape, dtype: 'float32' });
  for (const spec of specs) {
    inputs[`value ${spec.name}`] = float(spec.shape);
    state[`value ${spec.name}`] = file.readFloat32(names(spec.name).initial);
    if (!spec.trainable) continue;
    inputs[`gradient ${spec.name}`] = float(spec.shape);
    for (const { name, shape, initial = 0 } of optimizer.slots(config, spec)) {
      inputs[`slot ${spec.name} ${name}`] = float(shape);
      state[`slot ${spec.name} ${name}`] = new Float32Array(valueCount(shape)).fill(initial);
    }
  }
  return { inputs: { ...inputs, step: float([]), rate: float([]) }, state };
}

async function replayWith(replay: Replay, start: Arrays, step: Step): Promise<void> {
  const { specs, steps, file, names, norms, clip, tolerance, learningRate } = replay;
  let state = start;
  for (let index = 0; index < steps; index++) {
    const at = (tensor: string, { shape }: ParameterSpec): Float32Array =>
      file.readFloat32(tensor).slice(index * valueCount(shape), (index + 1) * valueCount(shape));
    const gradients = specs
      .filter(({ trainable }) => trainable)
      .map((spec) => [`gradient ${spec.name}`, at(names(spec.name).gradients, spec)] as const);
    const { norm, ...next } = await step({
      ...state,
      ...Object.fromEntries(gradients),
      step: Float32Array.of(index + 1),
      rate: Float32Array.of(learningRate),
    });
    state = { ...state, ...next };
    if (clip !== undefined) expectClose(norm, Float32Array.of(norms![index]!), 1e-6, `norm of step ${index}`);
    for (const spec of specs) {
      const expected = at(names(spec.name).after, spec);
      expectClose(state[`value ${spec.name}`], expected, tolerance, `${spec.name}, step ${index}`);
    }
  }
}

/** Takes the steps, op by op on tfjs's CPU backend and then as a graph, and compares the parameters after each. */
export async function replayOptimizer(replay: Replay): Promise<void> {
  await tf.setBackend('cpu');
  const run = stepFunction(replay);
  const { inputs, state } = startOf(replay);
  await replayWith(replay, state, (feeds) => {
    const given = Object.entries(feeds).map(([name, values]) => [
      name,
      tf.tensor(values, [...(inputs[name]!.shape as number[])]),
    ]);
    const results = tf.tidy(() => run(Object.fromEntries(given) as Record<string, tf.Tensor>));
    return Promise.resolve(
      Object.fromEntries(Object.entries(results).map(([name, result]) => [name, result.dataSync<'float32'>()])),
    );
  });
  const graph = await compile(inputs, run);
  await replayWith(replay, state, async (feeds) => {
    const results = await graph.run(feeds);
    return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
  });
  await graph.release();
}
