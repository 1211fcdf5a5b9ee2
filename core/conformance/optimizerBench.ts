import type { Optimizer } from '../contracts/optimizer.ts';
import type { ParameterSpec } from '../contracts/parameter.ts';
import { compile } from '../tensor/compile.ts';
import { randomStream } from '../tensor/random.ts';
import type { tf } from '../tensor/tf.ts';
import type { InputSpec } from '../tensor/trace.ts';
import { valueCount } from '../valueCount.ts';
import { nonconformity } from './behaviour.ts';

const layer = { name: 'block.q_proj', module: 'q_proj', kind: 'linear', shape: [3, 4], hasBias: false } as const;

/** The parameters that the suite's optimizers move: a pair of LoRA's and a norm. */
const benchParameters: readonly ParameterSpec[] = [
  { name: 'block.q_proj.lora_A', role: 'lora_A', shape: [2, 4], trainable: true, layer, scaling: 2 },
  { name: 'block.q_proj.lora_B', role: 'lora_B', shape: [3, 2], trainable: true, layer, scaling: 2 },
  { name: 'block.norm', role: 'norm', shape: [4], trainable: true, scaling: 1 },
];

/** The same with A frozen, which some rules ask for. */
const withFrozenA = benchParameters.map((spec) => (spec.role === 'lora_A' ? { ...spec, trainable: false } : spec));

/** Values by parameter name. */
export type Columns = Readonly<Record<string, Float32Array>>;

/** Makes updates with an optimizer, which keeps its slots from one to the next. */
export interface OptimizerBench {
  /** The values of all parameters after a step; those of frozen ones are as they were. */
  step(values: Columns, gradients: Columns, learningRate: number, step: number): Promise<Columns>;
  release(): Promise<void>;
}

/** The bench's parameters, of which as many are trained as the optimizer takes. */
export function parametersFor(optimizer: Optimizer, config: unknown): readonly ParameterSpec[] {
  const refusals = [benchParameters, withFrozenA].map((specs) => {
    const findings = optimizer.check?.(config, specs) ?? [];
    return { specs, refusal: findings.find(({ severity }) => severity === 'error') };
  });
  const fitting = refusals.find(({ refusal }) => refusal === undefined);
  if (fitting !== undefined) return fitting.specs;
  const reasons = [...new Set(refusals.map(({ refusal }) => refusal?.message))].join('; ');
  throw nonconformity(
    { plugin: `optimizer "${optimizer.id}"`, method: 'check' },
    `it takes neither A, B and a norm, nor B and a norm alone: ${reasons}`,
  );
}

/** Random values of the bench's parameters, the same for the same name. */
export function drawnColumns(name: string): Columns {
  return Object.fromEntries(
    benchParameters.map((spec) => [spec.name, randomStream(1, name, spec.name).normals(valueCount(spec.shape))]),
  );
}

/** Traces an optimizer's update of the bench's parameters. */
export async function createOptimizerBench(optimizer: Optimizer, config: unknown): Promise<OptimizerBench> {
  const place = { plugin: `optimizer "${optimizer.id}"`, method: 'update' };
  const parameters = parametersFor(optimizer, config);
  const trained = parameters.filter(({ trainable }) => trainable);
  const slotSpecs = new Map(
    trained.flatMap((spec) =>
      optimizer.slots(config, spec).map((slot) => [`${slot.name} ${spec.name}`, slot] as const),
    ),
  );
  const slots = new Map(
    [...slotSpecs].map(([name, { shape, initial = 0 }]) => [name, new Float32Array(valueCount(shape)).fill(initial)]),
  );
  const float = (shape: readonly number[]): InputSpec => ({ shape, dtype: 'float32' });
  const inputs = Object.fromEntries([
    ...parameters.map(({ name, shape }) => [`value ${name}`, float(shape)] as const),
    ...trained.map(({ name, shape }) => [`gradient ${name}`, float(shape)] as const),
    ...[...slotSpecs].map(([name, { shape }]) => [name, float(shape)] as const),
    ['learningRate', float([])] as const,
    ['step', float([])] as const,
  ]);
  const graph = await compile(inputs, (tensors) => {
    const valueOf = ({ name }: ParameterSpec): tf.Tensor => tensors[`value ${name}`] as tf.Tensor;
    const given = trained.map((spec) => ({
      spec,
      value: valueOf(spec),
      gradient: tensors[`gradient ${spec.name}`] as tf.Tensor,
      slots: Object.fromEntries(
        optimizer.slots(config, spec).map(({ name }) => [name, tensors[`${name} ${spec.name}`] as tf.Tensor]),
      ),
    }));
    const frozen = parameters.filter(({ trainable }) => !trainable).map((spec) => ({ spec, value: valueOf(spec) }));
    const scalars = { learningRate: tensors['learningRate'] as tf.Scalar, step: tensors['step'] as tf.Scalar };
    const updates = optimizer.update(config, given, scalars, frozen);
    if (updates.length !== given.length)
      throw nonconformity(place, `it gives ${updates.length} updates for ${given.length} parameters`);
    const demandShape = (what: string, tensor: tf.Tensor, expected: readonly number[]): void => {
      const [own, wanted] = [tensor.shape.join(', '), expected.join(', ')];
      if (own !== wanted) throw nonconformity(place, `${what} is of shape [${own}], expected [${wanted}]`);
    };
    return Object.fromEntries<tf.Tensor>(
      updates.flatMap(({ value, slots: moved }, i) => {
        const { name, shape } = trained[i] as ParameterSpec;
        demandShape(`the value of ${name}`, value, shape);
        for (const [slot, tensor] of Object.entries(moved)) {
          const spec = slotSpecs.get(`${slot} ${name}`);
          if (spec === undefined) throw nonconformity(place, `it gives a slot "${slot}" that slots does not name`);
          demandShape(`the slot "${slot}" of ${name}`, tensor, spec.shape);
        }
        return [
          [`value ${name}`, value] as const,
          ...Object.entries(moved).map(([slot, tensor]) => [`${slot} ${name}`, tensor] as const),
        ];
      }),
    );
  });
  return {
    step: async (values, gradients, learningRate, step) => {
      const column = (what: string, specs: readonly ParameterSpec[], columns: Columns) =>
        specs.map(({ name }) => [`${what} ${name}`, columns[name] as Float32Array] as const);
      const results = await graph.run({
        ...Object.fromEntries([...column('value', parameters, values), ...column('gradient', trained, gradients)]),
        ...Object.fromEntries(slots),
        learningRate: Float32Array.of(learningRate),
        step: Float32Array.of(step),
      });
      for (const name of slots.keys()) {
        const moved = results[name];
        if (moved !== undefined) slots.set(name, moved.data as Float32Array<ArrayBuffer>);
      }
      const after = trained.map(({ name }) => [name, results[`value ${name}`]?.data as Float32Array] as const);
      return { ...values, ...Object.fromEntries(after) };
    },
    release: () => graph.release(),
  };
}
