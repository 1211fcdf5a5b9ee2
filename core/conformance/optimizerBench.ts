import type { Optimizer } from '../contracts/optimizer.ts';
import type { ParameterSpec } from '../contracts/parameter.ts';
import { compile } from '../tensor/compile.ts';
import { randomStream } from '../tensor/random.ts';
import type { tf } from '../tensor/tf.ts';
import type { InputSpec } from '../tensor/trace.ts';
import { nonconformity } from './behaviour.ts';

const layer = { name: 'block.q_proj', module: 'q_proj', kind: 'linear', shape: [3, 4], hasBias: false } as const;

/** The parameters that the suite's optimizers move: a pair of LoRA's and a norm. */
const benchParameters: readonly ParameterSpec[] = [
  { name: 'block.q_proj.lora_A', role: 'lora_A', shape: [2, 4], trainable: true, layer, scaling: 2 },
  { name: 'block.q_proj.lora_B', role: 'lora_B', shape: [3, 2], trainable: true, layer, scaling: 2 },
  { name: 'block.norm', role: 'norm', shape: [4], trainable: true, scaling: 1 },
];

/** Values by parameter name. */
export type Columns = Readonly<Record<string, Float32Array>>;

/** Makes updates with an optimizer, which keeps its slots from one to the next. */
export interface OptimizerBench {
  step(values: Columns, gradients: Columns, learningRate: number, step: number): Promise<Columns>;
  release(): Promise<void>;
}

/** Random values of the bench's parameters, the same for the same name. */
export function drawnColumns(name: string): Columns {
  return Object.fromEntries(
    benchParameters.map((spec) => [spec.name, randomStream(1, name, spec.name).normals(sizeOf(spec.shape))]),
  );
}

/** Traces an optimizer's update of the bench's parameters. */
export async function createOptimizerBench(optimizer: Optimizer, config: unknown): Promise<OptimizerBench> {
  const plugin = `optimizer "${optimizer.id}"`;
  const specs = benchParameters.flatMap((spec) =>
    optimizer.slots(config, spec).map((slot) => [`${slot.name} ${spec.name}`, slot] as const),
  );
  const slots = new Map(
    specs.map(([name, { shape, initial = 0 }]) => [name, new Float32Array(sizeOf(shape)).fill(initial)]),
  );
  const float = (shape: readonly number[]): InputSpec => ({ shape, dtype: 'float32' });
  const inputs = Object.fromEntries([
    ...benchParameters.flatMap(({ name, shape }) =>
      ['value', 'gradient'].map((what) => [`${what} ${name}`, float(shape)]),
    ),
    ...specs.map(([name, { shape }]) => [name, float(shape)]),
    ['learningRate', float([])],
    ['step', float([])],
  ]) as Record<string, InputSpec>;
  const graph = await compile(inputs, (tensors) => {
    const given = benchParameters.map((spec) => ({
      spec,
      value: tensors[`value ${spec.name}`] as tf.Tensor,
      gradient: tensors[`gradient ${spec.name}`] as tf.Tensor,
      slots: Object.fromEntries(
        optimizer.slots(config, spec).map(({ name }) => [name, tensors[`${name} ${spec.name}`] as tf.Tensor]),
      ),
    }));
    const scalars = { learningRate: tensors['learningRate'] as tf.Scalar, step: tensors['step'] as tf.Scalar };
    const updates = optimizer.update(config, given, scalars, []);
    if (updates.length !== given.length)
      throw nonconformity(
        { plugin, method: 'update' },
        `it gives ${updates.length} updates for ${given.length} parameters`,
      );
    return Object.fromEntries(
      updates.flatMap(({ value, slots: moved }, i) => {
        const { name, shape } = benchParameters[i] as ParameterSpec;
        if (value.shape.join() !== shape.join())
          throw nonconformity(
            { plugin, method: 'update' },
            `the value of ${name} is of shape [${value.shape.join(', ')}], expected [${shape.join(', ')}]`,
          );
        const foreign = Object.keys(moved).find((slot) => !slots.has(`${slot} ${name}`));
        if (foreign !== undefined)
          throw nonconformity({ plugin, method: 'update' }, `it gives a slot "${foreign}" that slots does not name`);
        return [
          [`value ${name}`, value],
          ...Object.entries(moved).map(([slot, tensor]) => [`${slot} ${name}`, tensor]),
        ];
      }),
    ) as Record<string, tf.Tensor>;
  });
  return {
    step: async (values, gradients, learningRate, step) => {
      const column = (what: string, columns: Columns) =>
        Object.entries(columns).map(([name, data]) => [`${what} ${name}`, data] as const);
      const feeds = Object.fromEntries([...column('value', values), ...column('gradient', gradients), ...slots]);
      const scalars = { learningRate: Float32Array.of(learningRate), step: Float32Array.of(step) };
      const results = await graph.run({ ...feeds, ...scalars });
      for (const name of slots.keys()) {
        const moved = results[name];
        if (moved !== undefined) slots.set(name, moved.data as Float32Array<ArrayBuffer>);
      }
      return Object.fromEntries(
        benchParameters.map(({ name }) => [name, results[`value ${name}`]?.data as Float32Array]),
      );
    },
    release: () => graph.release(),
  };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
