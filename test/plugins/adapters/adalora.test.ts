import { describe, expect, it } from 'vitest';
import type { LayerStep } from '../../../core/contracts/adapter.ts';
import type { TargetLayer } from '../../../core/contracts/parameter.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { adalora } from '../../../plugins/adapters/adalora/adalora.ts';
import { expectClose } from '../../closeness.ts';
import {
  attach,
  expectLoraForm,
  expectWeight,
  linearLayer,
  readOf,
  useEagerTensors,
  withFields,
} from './attachedLayer.ts';
import { trainTiny } from './tinySteps.ts';

useEagerTensors();

const layers = ['one.q_proj', 'two.q_proj'].map((name) => linearLayer(3, 5, name));
const parse = (options: object): ReturnType<typeof adalora.config.parse> =>
  adalora.config.parse({ init_r: 2, target_r: 1, target_modules: ['q_proj'], ...options });
const planFor = (config: ReturnType<typeof parse>, targets = layers): ReturnType<typeof adalora.plan> =>
  adalora.plan(config, targets, randomStream(1));
const hooks = adalora.hooks!;

describe('what the layer computes', () => {
  it('W + alpha / (init_r + 1e-5) B diag(E) A', () => {
    const attached = attach(adalora, { init_r: 3, target_r: 1, lora_alpha: 6 });
    const [a, b, e] = [attached.value('lora_A'), attached.value('lora_B'), attached.value('lora_E')];
    const sum = (o: number, i: number): number => e.reduce((total, [ek], k) => total + b[o]![k]! * ek! * a[k]![i]!, 0);
    expectWeight(attached, (o, i) => attached.weight[o]![i]! + (6 / (3 + 1e-5)) * sum(o, i));
    expectLoraForm(attached);
  });

  it('starts with E zero and small A and B; without init_lora_weights everything is normal', () => {
    const attached = attach(adalora, { init_r: 3, target_r: 1 }, { noise: 0, layer: linearLayer(40, 40) });
    expect(attached.value('lora_E').flat()).toEqual([0, 0, 0]);
    const deviation = (name: string): number => Math.hypot(...attached.value(name).flat()) / Math.sqrt(120);
    for (const name of ['lora_A', 'lora_B']) expect(Math.abs(deviation(name) / 0.02 - 1)).toBeLessThan(0.2);
    expect(adalora.isIdentityAtStart(parse({ init_lora_weights: false }))).toBe(false);
    expect(attach(adalora, { init_r: 3, target_r: 1, init_lora_weights: false }).value('lora_E').flat()).not.toContain(
      0,
    );
  });
});

describe('the schedule', () => {
  const feed = (
    options: object,
    steps: readonly number[],
    total: number,
  ): readonly Readonly<Record<string, number>>[] => {
    const config = parse(options);
    return steps.map((step) => hooks.scalars!(config, planFor(config), step, total));
  };
  const schedule = { tinit: 1, tfinal: 2, deltaT: 2 };

  it('is the cubic budget of the whole model, and says when to decide', () => {
    const fed = feed(schedule, [1, 2, 3, 4, 8, 9, 10], 10);
    // 4 triplets at first, 2 at the end: trunc(2 (1 - (t - 1) / 7)^3 + 2) are kept.
    expect(fed.map(({ budget }) => budget)).toEqual([4, 3, 2, 2, 2, 2, 2]);
    expect(fed.map(({ pruned }) => pruned)).toEqual([0, 1, 2, 2, 2, 2, 2]);
    expect(fed.map(({ decides }) => decides)).toEqual([0, 1, 0, 1, 1, 0, 0]);
    expect(fed.map(({ applies }) => applies)).toEqual([0, 1, 0, 1, 1, 1, 1]);
    expect(fed.map(({ collects }) => collects)).toEqual([1, 1, 1, 1, 0, 0, 0]);
  });

  it('takes its length from the run, or from total_step', () => {
    expect(feed({ ...schedule, total_step: 10 }, [1, 4, 8], 99)).toEqual(feed(schedule, [1, 4, 8], 10));
    expect(feed(schedule, [4], 99)).not.toEqual(feed(schedule, [4], 10));
  });

  it('refuses a run that leaves no step for allocation', () => {
    expect(() => feed({ tinit: 3, tfinal: 2 }, [1], 5)).toThrow(/tinit 3 and tfinal 2 leave none of 5 steps/);
    expect(() => feed({ tinit: 3, tfinal: 1 }, [1], 5)).not.toThrow();
  });

  it.each([
    [{ target_r: 2 }, 'target_r', /nothing to prune/],
    [{ target_r: 3 }, 'target_r', /nothing to prune/],
    [{ total_step: 4, tinit: 2, tfinal: 2 }, 'tinit', /leave none of 4 steps/],
  ])('of %o is refused before anything starts', (options, path, message) => {
    const found = adalora.check?.(parse(options), layers) ?? [];
    expect(found).toMatchObject([{ severity: 'error', path }]);
    expect(found[0]!.message).toMatch(message);
  });

  it('is held against the steps of the run before anything starts, where they are known', () => {
    const found = adalora.check?.(parse({ tinit: 3, tfinal: 2 }), layers, 5);
    expect(found).toMatchObject([{ severity: 'error', path: 'tinit' }]);
    expect(adalora.check?.(parse({ tinit: 3, tfinal: 1 }), layers, 5)).toEqual([]);
  });

  it('with more triplets than can be orthogonal is warned of', () => {
    expect(adalora.check?.(parse({ init_r: 4 }), layers)).toMatchObject([{ severity: 'warning', path: 'init_r' }]);
  });
});

describe('the allocation', () => {
  const config = parse({ beta1: 0.5, beta2: 0.5 });
  const plan = planFor(config);
  type Options = NonNullable<ReturnType<typeof plan.layers.get>>;
  const shapes: Readonly<Record<string, [number, number]>> = { lora_A: [2, 5], lora_B: [3, 2], lora_E: [2, 1] };

  /** Steps whose values after it are 1, so that the gradient of E is the importance. */
  function steps(importance: Readonly<Record<string, readonly number[]>>): LayerStep<Options>[] {
    return layers.map((layer: TargetLayer): LayerStep<Options> => ({
      layer,
      options: plan.layers.get(layer.name)!,
      weight: tf.zeros([3, 5]),
      before: () => tf.ones([2, 1]),
      after: (name) => tf.ones(shapes[name]!),
      gradient: (name) =>
        name === 'lora_E' ? tf.tensor2d([...importance[layer.name]!], [2, 1]) : tf.zeros(shapes[name]!),
      state: (name) => tf.zeros(shapes[name.slice(0, 'lora_X'.length)]!),
    }));
  }

  function allocate(
    importance: Readonly<Record<string, readonly number[]>>,
    scalars: Readonly<Record<string, number>>,
  ): { readonly read: (name: string) => number[]; readonly metrics: Readonly<Record<string, number>> } {
    const extra = Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, tf.scalar(value)]));
    const result = hooks.afterStep!(config, steps(importance), {
      learningRate: tf.scalar(1),
      step: tf.scalar(2),
      extra,
    });
    const tensors = { ...result.parameters, ...result.state };
    return {
      read: (name) => Array.from(tensors[name]!.dataSync()),
      metrics: Object.fromEntries(Object.entries(result.metrics ?? {}).map(([name, t]) => [name, t.dataSync()[0]!])),
    };
  }

  const importance = { 'one.q_proj': [3, 0.1], 'two.q_proj': [0.2, 0.3] };
  const due = { collects: 1, decides: 1, applies: 1, pruned: 2, budget: 2, total: 7 };

  it('prunes the least important triplets, whichever layer they are in', () => {
    const { read, metrics } = allocate(importance, due);
    expect(read('one.q_proj.rank_mask')).toEqual([1, 0]);
    expect(read('two.q_proj.rank_mask')).toEqual([0, 1]);
    expect(read('two.q_proj.lora_E')).toEqual([0, 1]);
    expectClose(read('one.q_proj.lora_E.exp_avg_ipt'), [1.5, 0.05], 1e-6, 'moving mean of |p g|');
    expectClose(read('one.q_proj.lora_E.exp_avg_unc'), [0.75, 0.025], 1e-6, 'moving deviation');
    expect(read('total_step')).toEqual([7]);
    expect(metrics).toEqual({ budget: 2, rank_mean: 1, rank_min: 1, rank_max: 1 });
  });

  it('may leave a layer nothing', () => {
    const { read, metrics } = allocate({ 'one.q_proj': [3, 2], 'two.q_proj': [0.2, 0.3] }, due);
    expect(read('two.q_proj.lora_E')).toEqual([0, 0]);
    expect(metrics).toMatchObject({ rank_min: 0, rank_max: 2 });
  });

  it('lets E grow again between two decisions, and keeps the mask', () => {
    const { read } = allocate(importance, { ...due, decides: 0, applies: 0 });
    expect(read('two.q_proj.rank_mask')).toEqual([1, 1]);
    expect(read('two.q_proj.lora_E')).toEqual([1, 1]);
  });

  it('leaves the averages alone where nothing is collected', () => {
    const { read } = allocate(importance, { ...due, collects: 0 });
    expect(read('one.q_proj.lora_E.exp_avg_ipt')).toEqual([0, 0]);
    // Then all scores are equal, none is above the threshold, and everything is pruned, as in PEFT.
    expect(read('one.q_proj.rank_mask')).toEqual([0, 0]);
  });
});

describe('the penalty', () => {
  it('is the mean distance of A A^T and B^T B from the unit matrix', () => {
    const config = parse({ orth_reg_weight: 0.25 });
    const [attached] = [attach(adalora, config)];
    const parameter = (name: string): tf.Tensor => tf.tensor2d(attached.value(name) as number[][]);
    const options = planFor(config, [attached.layer]).layers.get(attached.layer.name)!;
    const layer = {
      layer: attached.layer,
      options,
      weight: tf.zeros([3, 5]),
      parameter,
      dropout: (x: tf.Tensor2D) => x,
    };
    const distance = (rows: readonly (readonly number[])[]): number => {
      const products = rows.flatMap((a, i) =>
        rows.map((b, j) => a.reduce((sum, value, k) => sum + value * b[k]!, i === j ? -1 : 0)),
      );
      return Math.hypot(...products);
    };
    const a = attached.value('lora_A');
    const b = attached.value('lora_B');
    const columns = b[0]!.map((_, j) => b.map((own) => own[j]!));
    const expected = (0.25 * (distance(a) + distance(columns))) / 2;
    expectClose(hooks.penalty!(config, [layer]).dataSync(), [expected], 1e-5, 'penalty');
  });
});

describe('files of PEFT', () => {
  const config = parse({ total_step: 9, target_modules: ['q_proj'] });
  const attached = attach(adalora, config);
  const masked = (...mask: number[]): typeof attached.parameters =>
    attached.parameters.map((own) =>
      own.name.endsWith('rank_mask') ? { ...own, values: Float32Array.from(mask) } : own,
    );

  it('hold every triplet where nothing was pruned', () => {
    const peft = adalora.toPeft(config, attached.parameters, 'base')!;
    expect(peft.config).toMatchObject({ rank_pattern: null, init_r: 2, total_step: 9, r: 8 }); // eslint-disable-line no-restricted-syntax
    expect(readOf(adalora, peft).parameters.get('block.q_proj.lora_A')).toEqual({
      shape: [2, 5],
      values: attached.parameters.find(({ name }) => name.endsWith('lora_A'))!.values,
    });
  });

  it('hold what is kept, with the pattern; read again, the rest is zero and masked', () => {
    const peft = adalora.toPeft(config, masked(0, 1), 'base')!;
    expect(peft.config['rank_pattern']).toEqual({ 'block.q_proj.lora_E': [false, true] });
    const shapes = Object.fromEntries(
      [...peft.tensors].map(([name, { shape }]) => [name.slice(name.lastIndexOf('.') + 1), shape] as const),
    );
    expect(shapes).toEqual({ lora_A: [1, 5], lora_B: [3, 1], lora_E: [1, 1] });
    const { parameters, config: read } = readOf(adalora, peft);
    expect(read).toMatchObject({ init_r: 2 });
    const rows = (name: string): Float32Array => parameters.get(`block.q_proj.${name}`)!.values;
    expect(Array.from(rows('rank_mask'))).toEqual([0, 1]);
    expect(Array.from(rows('lora_A'))).toEqual([0, 0, 0, 0, 0, ...attached.value('lora_A')[1]!]);
    expect(Array.from(rows('lora_B'))).toEqual(attached.value('lora_B').flatMap((own) => [0, own[1]!]));
    expect(Array.from(rows('lora_E'))).toEqual([0, attached.value('lora_E')[1]![0]!]);
  });

  it('may lack a layer whose triplets are all gone', () => {
    const peft = adalora.toPeft(config, masked(0, 0), 'base')!;
    const { parameters } = readOf(adalora, peft);
    expect(parameters.get('block.q_proj.lora_B')).toEqual({ shape: [3, 2], values: new Float32Array(6) });
  });

  it.each([
    [{ rank_pattern: { 'block.q_proj.lora_E': [true] } }, /has 1 entries, not init_r 2/],
    [{ rank_pattern: { 'block.q_proj.lora_E': [true, true] } }, /has 1 triplets; its rank_pattern keeps 2/],
    [{ rank_pattern: { 'other.lora_E': [true, true] } }, /names "other.lora_E", of which there is no tensor/],
    [{ rank_pattern: 3 }, /rank_pattern does not fit/],
    [{ use_dora: true }, /use_dora/],
  ])('with %o are refused', (fields, reason) => {
    const peft = withFields(adalora.toPeft(config, masked(0, 1), 'base'), fields);
    expect(adalora.fromPeft(peft)).toEqual({ refused: expect.stringMatching(reason) as unknown });
  });

  it('say the steps that PEFT asks for: those of the run, or the fewest it takes', () => {
    const open = parse({ tinit: 2, tfinal: 1 });
    const trained = attached.parameters.map((own) =>
      own.name === 'total_step' ? { ...own, values: Float32Array.of(50) } : own,
    );
    expect(adalora.toPeft(open, trained, 'base')?.config['total_step']).toBe(50);
    expect(adalora.toPeft(open, attached.parameters, 'base')?.config['total_step']).toBe(4);
  });
});

describe('in training', () => {
  const options = { init_r: 3, target_r: 1, tinit: 1, tfinal: 1, target_modules: ['q_proj', 'v_proj'] };

  it('the budget falls, ranks follow it, and pruned triplets hold nothing', async () => {
    const training = trainTiny(adalora, options, { totalSteps: 6 });
    const reports = [];
    for (let step = 0; step < 6; step++) reports.push((await training.step()).metrics);
    // 12 triplets at first, 4 at the end, over 4 steps from step 1 to 5.
    expect(reports.map((metrics) => metrics['adapter/budget'])).toEqual([12, 7, 5, 4, 4, 4]);
    expect(reports.map((metrics) => metrics['adapter/rank_mean']! * 4)).toEqual([12, 7, 5, 4, 4, 4]);
    expect(reports.every((metrics) => metrics['adapter/penalty']! > 0)).toBe(true);
    for (const { name } of training.policy.parameters.filter((own) => own.name.endsWith('rank_mask'))) {
      const e = training.value(name.replace('rank_mask', 'lora_E'));
      training.value(name).forEach((kept, i) => expect(e[i] !== 0).toBe(kept === 1));
    }
    expect(Array.from(training.value('total_step'))).toEqual([6]);
  });

  it('what PEFT had pruned stays zero', async () => {
    const training = trainTiny(adalora, options, { totalSteps: 6 });
    const layer = 'model.layers.0.self_attn.q_proj';
    const dead = new Map(training.state.parameters);
    const zeroed = (name: string, places: (at: number) => boolean): void => {
      dead.set(
        `${layer}.${name}`,
        training.value(`${layer}.${name}`).map((value, at) => (places(at) ? 0 : value)),
      );
    };
    zeroed('lora_A', (at) => at < 8);
    zeroed('lora_B', (at) => at % 3 === 0);
    zeroed('lora_E', (at) => at === 0);
    zeroed('rank_mask', (at) => at === 0);
    training.restore({ ...training.state, parameters: dead });
    for (let step = 0; step < 6; step++) await training.step();
    expect(training.value(`${layer}.lora_E`)[0]).toBe(0);
    expect(Array.from(training.value(`${layer}.lora_A`).subarray(0, 8))).toEqual(Array(8).fill(0));
    expect(training.value(`${layer}.rank_mask`)[0]).toBe(0);
    expect(training.value(`${layer}.lora_A`)[8]).not.toBe(0);
  });
});
