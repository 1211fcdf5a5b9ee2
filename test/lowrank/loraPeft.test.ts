import { describe, expect, it } from 'vitest';
import type { Adapter, PeftAdapter, StoredTensor } from '../../core/contracts/adapter.ts';
import type { InitialParameter, TargetLayer } from '../../core/contracts/parameter.ts';
import { matrix } from '../../core/linalg/matrix.ts';
import { multiply } from '../../core/linalg/multiply.ts';
import { createCatalog } from '../../core/container.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { dora as typedDora } from '../../plugins/adapters/dora.ts';
import { lora as typedLora } from '../../plugins/adapters/lora.ts';
import { plugins } from '../../plugins/index.ts';
import { expectClose } from '../closeness.ts';

const lora: Adapter = typedLora;
const dora: Adapter = typedDora;
const [out, inputs] = [6, 5];
const layer: TargetLayer = { name: 'x.q_proj', module: 'q_proj', kind: 'linear', shape: [out, inputs], hasBias: false };
const weight = randomStream(1).normals(out * inputs);

/** The layer's parameters with noise on what is trained, and what of the weight is frozen. */
function trained(adapter: Adapter, options: object) {
  const config = adapter.config.parse({ target_modules: ['q_proj'], ...options });
  const layerOptions = adapter.plan(config, [layer], randomStream(2)).layers.get(layer.name);
  const attached = adapter.attach({ layer, options: layerOptions, weight, random: randomStream(3) });
  const parameters = attached.parameters.map((parameter): InitialParameter => {
    const noise = randomStream(4, parameter.name).normals(parameter.values.length);
    return parameter.trainable
      ? { ...parameter, values: parameter.values.map((v, i) => v + 0.1 * noise[i]!) }
      : parameter;
  });
  const frozen = attached.replacedWeight ?? weight;
  return { config, options: layerOptions, parameters, frozen, start: attached };
}

/** `factor` B A of tensors of any rank. */
function product(a: StoredTensor, b: StoredTensor, factor: number): Float64Array {
  const rank = a.shape[0]!;
  return multiply(matrix(out, rank, b.values), matrix(rank, inputs, a.values)).data.map((value) => factor * value);
}

function named(parameters: readonly InitialParameter[], name: string): InitialParameter {
  return parameters.find((parameter) => parameter.name === `x.q_proj.${name}`)!;
}

/** W - W0 of a LoRA layer, W0 being the original weight. */
function change(adapter: Adapter, options: object): Float64Array {
  const { parameters, frozen } = trained(adapter, options);
  const [a, b] = [named(parameters, 'lora_A'), named(parameters, 'lora_B')];
  return product(a, b, a.scaling).map((value, i) => value + frozen[i]! - weight[i]!);
}

const starts = [true, false, 'gaussian', 'orthogonal', 'olora', 'pissa', 'pissa_niter_1', 'milora', 'rlpo', 'rlmo'].map(
  (init) => ({ r: 2, lora_alpha: 3, init_lora_weights: init }),
);
const cases = [
  ...starts,
  { r: 2, lora_alpha: 2, init_lora_weights: 'miloraplus' },
  { r: 2, lora_alpha: 3, init_lora_weights: 'pissa', use_rslora: true },
  { r: 4, init_lora_weights: 'milora', use_rslora: true, rank_pattern: { q_proj: 2 }, alpha_pattern: { q_proj: 5 } },
  { r: 4, init_lora_weights: 'olora', rank_pattern: { q_proj: 3 }, alpha_pattern: { 'x.*': 5 } },
];

describe.each(cases)('LoRA with $init_lora_weights, $#', (options) => {
  it('has a plain form on the original base, which makes the same weight', () => {
    const { parameters, options: layerOptions } = trained(lora, options);
    const form = lora.loraForm!({
      layer,
      options: layerOptions,
      base: weight,
      parameter: (name) => named(parameters, name),
    })!;
    expectClose(product(form.a, form.b, form.scaling), change(lora, options), 1e-6, 'dW');
  });

  it('is written for PEFT on the original base, and read back as the same change', () => {
    const { config, parameters } = trained(lora, options);
    const peft = lora.toPeft(config, parameters, 'base')!;
    const [a, b] = ['A', 'B'].map((which) => peft.tensors.get(`base_model.model.x.q_proj.lora_${which}.weight`)!);
    expect(peft.tensors.size).toBe(2);
    expect([a!.shape, b!.shape]).toEqual([
      [a!.shape[0], inputs],
      [out, a!.shape[0]],
    ]);
    const read = lora.fromPeft({
      config: JSON.parse(JSON.stringify(peft.config)) as PeftAdapter['config'],
      tensors: peft.tensors,
    });
    if ('refused' in read) throw new Error(read.refused);
    const [again] = lora.plan(read.config, [layer], randomStream(9)).layers.values();
    const { rank, scaling } = again as { readonly rank: number; readonly scaling: number };
    expect(rank).toBe(a!.shape[0]);
    expectClose(product(a!, b!, scaling), change(lora, options), 1e-6, 'dW');
    expect(lora.check!(read.config, [layer])).toEqual([]);
    expect(['miloraplus', 'rlpo', 'rlmo', 'milora']).not.toContain(peft.config['init_lora_weights']);
  });
});

describe('DoRA', () => {
  it('is written with its magnitude, on the original base at twice the rank where the start was subtracted', () => {
    const { config, parameters } = trained(dora, { r: 2, lora_alpha: 3, init_lora_weights: 'pissa' });
    const peft = dora.toPeft(config, parameters, 'base')!;
    expect(peft.config).toMatchObject({ use_dora: true, r: 4, lora_alpha: 6, init_lora_weights: true });
    const get = (name: string): StoredTensor => peft.tensors.get(`base_model.model.x.q_proj.${name}`)!;
    expect(get('lora_magnitude_vector').values).toEqual(named(parameters, 'lora_magnitude_vector').values);
    expectClose(
      product(get('lora_A.weight'), get('lora_B.weight'), 1.5),
      change(dora, { r: 2, lora_alpha: 3, init_lora_weights: 'pissa' }),
      1e-6,
      'direction',
    );
    expect('config' in dora.fromPeft(peft)).toBe(true);
    expect(lora.fromPeft(peft)).toEqual({ refused: expect.stringContaining('"dora" reads it') as unknown });
  });

  it('starts its magnitude from the norms of the rows of W + s B A as it starts', () => {
    const { start } = trained(dora, { r: 2, init_lora_weights: false });
    const [a, b, magnitude] = start.parameters;
    const whole = product(a!, b!, 4).map((value, i) => value + weight[i]!);
    const norms = Array.from({ length: out }, (_, row) =>
      Math.hypot(...whole.subarray(row * inputs, (row + 1) * inputs)),
    );
    expectClose(magnitude!.values, norms, 1e-6, 'magnitude');
  });

  it('keeps the norms of the original weight where a start replaces it', () => {
    const { start } = trained(dora, { r: 2, init_lora_weights: 'milora' });
    const norms = Array.from({ length: out }, (_, row) =>
      Math.hypot(...weight.subarray(row * inputs, (row + 1) * inputs)),
    );
    expectClose(start.parameters.at(-1)!.values, norms, 1e-6, 'magnitude');
    expect(dora.loraForm).toBeUndefined();
  });
});

describe('LoftQ', () => {
  it('has no plain form and no form of PEFT’s: its residual is not of low rank', () => {
    const { config, parameters, options, frozen } = trained(lora, { r: 2, init_lora_weights: 'loftq' });
    expect(frozen).not.toEqual(weight);
    expect(lora.toPeft(config, parameters, 'base')).toBeUndefined();
    const parameter = (name: string): InitialParameter => named(parameters, name);
    expect(lora.loraForm!({ layer, options, base: weight, parameter })).toBeUndefined();
    expect(lora.isIdentityAtStart(config)).toBe(false);
  });
});

describe('reading what PEFT saved', () => {
  const { config, parameters } = trained(lora, { r: 2 });
  const plain = lora.toPeft(config, parameters, 'base')!;
  const reading = (fields: object, adapter = lora) =>
    adapter.fromPeft({ ...plain, config: { ...plain.config, ...fields } });

  it.each(['pissa', 'pissa_niter_16', 'olora', 'corda', 'lora_ga'])(
    'refuses %s without what was left of the weights, and says how to convert it',
    (init) => {
      const read = reading({ init_lora_weights: init });
      expect(read).toEqual({
        refused: expect.stringMatching(/on the original base it is another model.*path_initial_model/) as unknown,
      });
    },
  );

  it.each([
    [{ init_lora_weights: 'loftq', loftq_config: { loftq_bits: 4 } }, 'quantised base'],
    [{ init_lora_weights: 'mica' }, '"mica", which this method does not have'],
    [{ use_dora: true }, 'use_dora'],
    [{ lora_bias: true, init_lora_weights: 'gaussian' }, 'lora_bias'],
    [{ velora_config: { num_groups: 4 } }, '"velora_config"'],
    [{ trainable_token_indices: [1] }, '"trainable_token_indices"'],
    [{ from_the_future: 1 }, '"from_the_future"'],
    [{ peft_type: 'VERA' }, 'peft_type'],
  ])('refuses %j by name', (fields, reason) => {
    expect(reading(fields)).toEqual({ refused: expect.stringContaining(reason) as unknown });
  });

  /* eslint-disable no-restricted-syntax -- PEFT's file writes null where an option is not set */
  it.each([
    { corda_config: { corda_method: 'kpm', verbose: true } },
    { init_lora_weights: 'eva', eva_config: { rho: 2 } },
    { megatron_core: 'another', qalora_group_size: 3, task_type: null },
    /* eslint-enable no-restricted-syntax */
  ])('takes %j, which says nothing about the adapter', (fields) => {
    expect(reading(fields)).toMatchObject({ config: { r: 2, init_lora_weights: true } });
  });

  it('leaves out the copy of the base weight beside an adapted head', () => {
    const head = 'base_model.model.lm_head.base_layer.weight';
    const tensors = new Map([...plain.tensors, [head, { shape: [1], values: new Float32Array(1) }]]);
    const read = lora.fromPeft({ ...plain, tensors });
    expect('parameters' in read && [...read.parameters.keys()]).toEqual(['x.q_proj.lora_A', 'x.q_proj.lora_B']);
  });
});

describe('what makes no sense', () => {
  const catalog = createCatalog(plugins);
  const problem = (type: string, fields: object): string => {
    const adapter = catalog.find('adapter', type);
    const parsed = adapter.config.safeParse({ target_modules: ['q_proj'], ...fields });
    if (!parsed.success)
      return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    return (adapter.check?.(parsed.data, [layer]) ?? []).map(({ path, message }) => `${path}: ${message}`).join('; ');
  };

  it.each([
    ['lora', { use_dora: true }, 'use_dora: DoRA is a method of its own here: write `type: dora`'],
    ['dora', { use_dora: false }, 'use_dora: DoRA without use_dora is LoRA'],
    ['dora', { freeze_a: true }, 'freeze_a'],
    [
      'lora',
      { r: 3, init_lora_weights: 'orthogonal' },
      'r: the orthogonal start halves the rank, so it must be even, not 3',
    ],
    ['orthogonal', { r: 2, rank_pattern: { q_proj: 3 } }, 'rank_pattern: the orthogonal start halves the rank'],
    [
      'lora',
      { init_lora_weights: 'miloraplus', r: 4 },
      'lora_alpha: MiLoRA+ has lora_alpha equal to the rank: 4, not 8',
    ],
    ['miloraplus', { r: 4, lora_alpha: 8 }, 'lora_alpha: MiLoRA+ has lora_alpha equal to the rank'],
    ['miloraplus', { r: 4, use_rslora: true }, 'use_rslora: MiLoRA+ has scaling 1'],
    ['miloraplus', { r: 4, alpha_pattern: { q_proj: 1 } }, 'alpha_pattern: MiLoRA+'],
    ['lora_ga', { r: 3 }, 'r: LoRA-GA takes 2 r singular vectors of the gradient; x.q_proj [6, 5] has 5'],
    ['lora', { r: 6 }, 'r: rank 6 is larger than x.q_proj [6, 5] allows: at most 5'],
    ['pissa', { r: 6, allow_excess_rank: true }, 'r: rank 6 is larger than'],
    ['lora', { r: 6, allow_excess_rank: true }, ''],
    ['lorafa', { r: 2, bias: 'all' }, 'bias: LoRA-FA trains B alone'],
    ['lorafa', { r: 2, freeze_a: false }, 'freeze_a'],
    ['lorafa', { r: 2, lora_bias: true }, 'lora_bias: LoRA-FA trains B alone'],
    ['lora_rank1', { r: 2 }, 'r: rank-1 LoRA has r 1'],
    ['lora_rank1', { rank_pattern: { q_proj: 2 } }, 'rank_pattern'],
    ['pissa', { r: 2, init_lora_weights: true }, 'init_lora_weights'],
    ['lora', { r: 2, init_lora_weights: 'pissa_niter_-1' }, 'init_lora_weights'],
    ['lora', { r: 2, eva_config: { rho: 0.5 } }, 'eva_config.rho'],
    ['lora', { r: 2, eva_config: {} }, 'eva_config: it says nothing without init_lora_weights: eva'],
    ['lora', { r: 2, loftq_config: { loftq_bits: 3 } }, 'loftq_config.loftq_bits'],
    ['rslora', { r: 2, use_rslora: false }, 'use_rslora'],
  ])('%s %j', (type, fields, expected) => {
    const found = problem(type, fields);
    if (expected === '') expect(found).toBe('');
    else expect(found).toContain(expected);
  });

  it.each([
    ['miloraplus', { r: 4 }],
    ['miloraplus', { r: 4, lora_alpha: 4 }],
    ['loraplus', { r: 2, use_rslora: true }],
    ['pissa', { r: 2, init_lora_weights: 'pissa_niter_16' }],
    ['dora', { r: 2, use_rslora: true, init_lora_weights: 'pissa' }],
    ['lorafa', { r: 2 }],
    ['lora_rank1', {}],
  ])('%s %j is fine', (type, fields) => expect(problem(type, fields)).toBe(''));
});
