import { describe, expect, it } from 'vitest';
import type { Optimizer, SlotSpec } from '../../core/contracts/optimizer.ts';
import type { ParameterSpec } from '../../core/contracts/parameter.ts';
import { compile, type CompiledGraph } from '../../core/tensor/compile.ts';
import { randomStream } from '../../core/tensor/random.ts';
import type { tf } from '../../core/tensor/tf.ts';
import type { InputSpec } from '../../core/tensor/trace.ts';
import { plugins } from '../../plugins/index.ts';
import { expectClose } from '../closeness.ts';
import { configFor } from './pluginConfigs.ts';

const layer = { name: 'block.q_proj', module: 'q_proj', kind: 'linear', shape: [3, 4], hasBias: false } as const;
const specs: readonly ParameterSpec[] = [
  { name: 'block.q_proj.lora_A', role: 'lora_A', shape: [2, 4], trainable: true, layer, scaling: 2 },
  { name: 'block.q_proj.lora_B', role: 'lora_B', shape: [3, 2], trainable: true, layer, scaling: 2 },
  { name: 'block.norm', role: 'norm', shape: [4], trainable: true, scaling: 1 },
];

/** Values by parameter name, in double precision. */
type Columns = Readonly<Record<string, readonly number[]>>;

/** One parameter's first step from empty slots, in double precision. */
type Step = (value: readonly number[], gradient: readonly number[], learningRate: number, name: string) => number[];

type Options = Readonly<Record<string, unknown>>;

/** The first step of an optimizer with options that use all of its parts, and what it comes to. */
interface Reference {
  readonly options: Options;
  readonly step: Step;
  /** Options without decay, and with rates of about 1. */
  readonly plain?: Options;
  /** Parameters that must be frozen. */
  readonly frozen?: readonly string[];
}

/** B's gradient times (A A^T + 1e-8 I)^-1 / s^2 for s = 2, by the inverse of a 2 x 2 matrix. */
function correctedForA(gradient: readonly number[]): number[] {
  const a = values['block.q_proj.lora_A']!;
  const dot = (i: number, j: number): number => [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * i + k]! * a[4 * j + k]!, 0);
  const [p, q, r] = [dot(0, 0) + 1e-8, dot(0, 1), dot(1, 1) + 1e-8];
  const scale = 4 * (p * r - q * q);
  return gradient.map((_, i) => {
    const [left, right] = [gradient[i - (i % 2)]!, gradient[i - (i % 2) + 1]!];
    return i % 2 === 0 ? (left * r - right * q) / scale : (right * p - left * q) / scale;
  });
}

/** By id. A new plugin adds a line. */
const references: Readonly<Record<string, Reference>> = {
  adamw: {
    options: { betas: [0.8, 0.95], eps: 1e-3, weight_decay: 0.1, groups: [] },
    // In the first step the corrected moments are g and g^2.
    step: (value, gradient, rate) =>
      value.map((v, i) => v * (1 - rate * 0.1) - (rate * gradient[i]!) / (Math.abs(gradient[i]!) + 1e-3)),
  },
  sgd: {
    options: { momentum: 0.9, nesterov: true, weight_decay: 0.1, groups: [] },
    // The decay is part of the gradient; the buffer starts as it, and Nesterov adds it once more.
    step: (value, gradient, rate) => value.map((v, i) => v - rate * 1.9 * (gradient[i]! + 0.1 * v)),
  },
  loraplus: {
    options: { betas: [0.8, 0.95], eps: 1e-3, loraplus_lr_ratio: 4, loraplus_weight_decay: 0.1 },
    plain: { loraplus_lr_ratio: 2 },
    // B and what is 1-D moves at four times the rate; norms do not decay.
    step: (value, gradient, learningRate, name) => {
      const rate = learningRate * (name.endsWith('lora_A') ? 1 : 4);
      const decay = name.endsWith('norm') ? 0 : 0.1;
      return value.map((v, i) => v * (1 - rate * decay) - (rate * gradient[i]!) / (Math.abs(gradient[i]!) + 1e-3));
    },
  },
  lorafa: {
    options: { betas: [0.8, 0.95], eps: 1e-3, weight_decay: 0.1 },
    plain: {},
    frozen: ['block.q_proj.lora_A'],
    // eps stands beside an average that is not corrected, and the decay comes after the step.
    step: (value, gradient, rate, name) => {
      const own = name.endsWith('lora_B') ? correctedForA(gradient) : gradient;
      const root = Math.sqrt(0.05);
      return value.map((v, i) => (v - (rate * root * own[i]!) / (root * Math.abs(own[i]!) + 1e-3)) * (1 - rate * 0.1));
    },
  },
};

function plainConfig(optimizer: Optimizer): unknown {
  return configFor(optimizer, references[optimizer.id]?.plain ?? { weight_decay: 0, groups: [] });
}

/** The parameters that this optimizer can train. */
function trainedBy({ id }: Pick<Optimizer, 'id'>): readonly ParameterSpec[] {
  return specs.filter(({ name }) => references[id]?.frozen?.includes(name) !== true);
}

const values: Columns = Object.fromEntries(specs.map(({ name, shape }) => [name, drawn('value', name, shape)]));
const gradients: Columns = Object.fromEntries(specs.map(({ name, shape }) => [name, drawn('gradient', name, shape)]));

function drawn(what: string, name: string, shape: readonly number[]): readonly number[] {
  return Array.from(randomStream(1, what, name).normals(shape.reduce((product, size) => product * size, 1)));
}

/** An optimizer's update as a graph, with its state between steps. */
class Bench {
  private readonly slots = new Map<string, Float32Array>();

  private constructor(
    private readonly graph: CompiledGraph,
    specOf: ReadonlyMap<string, SlotSpec>,
  ) {
    for (const [name, { shape, initial = 0 }] of specOf) {
      this.slots.set(name, new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(initial));
    }
  }

  static async of<Config>(optimizer: Optimizer<Config>, config: Config): Promise<Bench> {
    const trained = trainedBy(optimizer);
    const slotSpecs = new Map(
      trained.flatMap((spec) =>
        optimizer.slots(config, spec).map((slot) => [`${slot.name} ${spec.name}`, slot] as const),
      ),
    );
    const float = (shape: readonly number[]): InputSpec => ({ shape, dtype: 'float32' });
    const inputs = {
      ...Object.fromEntries(
        specs.flatMap(({ name, shape }) => [`value ${name}`, `gradient ${name}`].map((key) => [key, float(shape)])),
      ),
      ...Object.fromEntries([...slotSpecs].map(([name, { shape }]) => [name, float(shape)])),
      learningRate: float([]),
      step: float([]),
    };
    const graph = await compile(inputs, (tensors) => {
      const parameters = trained.map((spec) => ({
        spec,
        value: tensors[`value ${spec.name}`]!,
        gradient: tensors[`gradient ${spec.name}`]!,
        slots: Object.fromEntries(
          optimizer.slots(config, spec).map(({ name }) => [name, tensors[`${name} ${spec.name}`]!]),
        ),
      }));
      const scalars = { learningRate: tensors['learningRate'] as tf.Scalar, step: tensors['step'] as tf.Scalar };
      const frozen = specs
        .filter((spec) => !trained.includes(spec))
        .map((spec) => ({ spec: { ...spec, trainable: false }, value: tensors[`value ${spec.name}`]! }));
      const updates = optimizer.update(config, parameters, scalars, frozen);
      expect(updates.length).toBe(trained.length);
      const outputs = updates.flatMap(({ value, slots }, i) => {
        const { name } = trained[i]!;
        expect(Object.keys(slots).every((slot) => slotSpecs.has(`${slot} ${name}`))).toBe(true);
        return [
          [`value ${name}`, value],
          ...Object.entries(slots).map(([slot, tensor]) => [`${slot} ${name}`, tensor]),
        ];
      });
      return Object.fromEntries(outputs) as Record<string, tf.Tensor>;
    });
    return new Bench(graph, slotSpecs);
  }

  async step(now: Columns, given: Columns, learningRate: number, step: number): Promise<Columns> {
    const column = (prefix: string, columns: Columns) =>
      Object.entries(columns).map(([name, data]) => [`${prefix} ${name}`, Float32Array.from(data)] as const);
    const feeds = Object.fromEntries([...column('value', now), ...column('gradient', given), ...this.slots]);
    const scalars = { learningRate: Float32Array.of(learningRate), step: Float32Array.of(step) };
    const results = await this.graph.run({ ...feeds, ...scalars });
    for (const [name, slot] of this.slots) {
      const changed = results[name];
      if (changed === undefined) continue;
      expect(changed.data.length, `slot ${name}`).toBe(slot.length);
      this.slots.set(name, changed.data as Float32Array);
    }
    const moved = specs.map(({ name }) => [name, Array.from(results[`value ${name}`]?.data ?? now[name]!)] as const);
    return Object.fromEntries(moved);
  }

  release(): Promise<void> {
    return this.graph.release();
  }
}

function expectSame(actual: Columns, expected: Columns, tolerance: number): void {
  for (const { name } of specs) expectClose(actual[name], expected[name]!, tolerance, name);
}

describe.each(plugins.optimizers.map((optimizer) => [optimizer.id, optimizer] as const))('%s', (id, optimizer) => {
  it('makes the first step of its formula in double precision', async () => {
    const { options, step } = references[id]!;
    const bench = await Bench.of(optimizer, optimizer.config.parse(options));
    const own = trainedBy(optimizer).map(
      ({ name }) => [name, step(values[name]!, gradients[name]!, 0.1, name)] as const,
    );
    const expected = { ...values, ...Object.fromEntries(own) };
    expectSame(await bench.step(values, gradients, 0.1, 1), expected, 1e-6);
    await bench.release();
  });

  it('moves nothing at a learning rate of 0, and nothing without gradient and decay', async () => {
    const bench = await Bench.of(optimizer, configFor(optimizer));
    expectSame(await bench.step(values, gradients, 0, 1), values, 0);
    await bench.release();
    const fresh = await Bench.of(optimizer, plainConfig(optimizer));
    const zeros = Object.fromEntries(specs.map(({ name }) => [name, gradients[name]!.map(() => 0)]));
    expectSame(await fresh.step(values, zeros, 0.1, 1), values, 0);
    await fresh.release();
  });

  it('goes down: many steps on a quadratic bring it near its minimum', async () => {
    const bench = await Bench.of(optimizer, plainConfig(optimizer));
    const size = (columns: Columns): number =>
      Math.hypot(...trainedBy(optimizer).flatMap(({ name }) => columns[name]!));
    let now = values;
    for (let step = 1; step <= 200; step++) now = await bench.step(now, now, 0.05, step);
    expect(size(now)).toBeLessThan(0.1 * size(values));
    await bench.release();
  });

  it('finds nothing wrong with the parameters that it can train', () => {
    const parameters = specs.map((spec) => ({ ...spec, trainable: trainedBy(optimizer).includes(spec) }));
    expect(optimizer.check?.(configFor(optimizer), parameters) ?? []).toEqual([]);
  });

  it('gives the same bits twice', async () => {
    const runs = await Promise.all(
      [1, 2].map(async () => {
        const bench = await Bench.of(optimizer, configFor(optimizer));
        const first = await bench.step(values, gradients, 0.1, 1);
        const second = await bench.step(first, gradients, 0.1, 2);
        await bench.release();
        return second;
      }),
    );
    expect(runs[0]).toEqual(runs[1]);
  });
});
