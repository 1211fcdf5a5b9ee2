import { describe, expect, it } from 'vitest';
import type { Adapter, AdapterHooks, LayerStep } from '../../core/contracts/adapter.ts';
import { RlvrError } from '../../core/errors.ts';
import { withTrainedCopies } from '../../core/lowrank/trainedCopies.ts';
import type { Checkpoint } from '../../core/model/checkpoint.ts';
import { parseModelConfig } from '../../core/model/modelConfig.ts';
import type { JsonObject } from '../../core/model/readJsonObject.ts';
import { createMergedWeights } from '../../core/training/mergedWeights.ts';
import { createPolicy, trainableParameters, type Policy } from '../../core/training/policy.ts';
import { lora } from '../../plugins/adapters/lora.ts';
import { expectClose } from '../closeness.ts';
import { createAdapterBench, perturbed } from '../contracts/adapterBench.ts';
import { tinyConfig, weightsFor } from '../model/modelFolders.ts';
import { tinyCheckpoint as checkpoint } from '../model/tinyCheckpoint.ts';
import { hookedAdapter } from '../training/hookedAdapter.ts';

function modelOf(config: JsonObject): Checkpoint {
  return { ...checkpoint, config: parseModelConfig(config), weights: weightsFor(config) };
}

const untied = modelOf({ ...tinyConfig, tie_word_embeddings: false });

function policyOf(options: object, model = checkpoint, adapter: Adapter = lora): Policy {
  return createPolicy(model, adapter, adapter.config.parse({ r: 2, target_modules: ['v_proj'], ...options }), 1);
}

/** Names of what is trained in block 0 and outside of blocks, without the method's own. */
function copiesOf(policy: Policy): string[] {
  return trainableParameters(policy)
    .map(({ name }) => name)
    .filter((name) => !name.includes('lora_') && !name.includes('layers.1.'))
    .map((name) => name.replace('model.layers.0.', ''));
}

function refusalOf(action: () => unknown): RlvrError {
  try {
    action();
  } catch (error) {
    if (error instanceof RlvrError) return error;
  }
  throw new Error('nothing was refused');
}

describe('which tensors are trained beside the method', () => {
  it.each<[string, object, string[]]>([
    ['none', {}, []],
    [
      'endings of names, dots or not',
      { modules_to_save: ['norm'] },
      ['input_layernorm', 'post_attention_layernorm', 'model.norm'].map((name) => `${name}.modules_to_save`),
    ],
    [
      'a layer with its bias',
      { modules_to_save: ['0.self_attn.q_proj'] },
      ['self_attn.q_proj.modules_to_save', 'self_attn.q_proj.modules_to_save.bias'],
    ],
    [
      'all layers of a module',
      { modules_to_save: ['layers.0.mlp'] },
      ['gate_proj', 'up_proj', 'down_proj'].map((name) => `mlp.${name}.modules_to_save`),
    ],
    ['biases of adapted layers', { bias: 'lora_only' }, ['self_attn.v_proj.base_layer.bias']],
    [
      'all biases',
      { bias: 'all' },
      ['self_attn.q_proj.bias', 'self_attn.k_proj.bias', 'self_attn.v_proj.base_layer.bias'],
    ],
    [
      'all biases and a layer that has one',
      { bias: 'all', modules_to_save: ['k_proj'] },
      [
        'self_attn.q_proj.bias',
        'self_attn.k_proj.modules_to_save',
        'self_attn.k_proj.modules_to_save.bias',
        'self_attn.v_proj.base_layer.bias',
      ],
    ],
  ])('%s', (_, options, expected) => {
    expect(copiesOf(policyOf(options))).toEqual(expected);
  });

  it('keeps the method off a layer that modules_to_save names', () => {
    const policy = policyOf({ target_modules: ['q_proj', 'v_proj'], modules_to_save: ['layers.0.self_attn.q_proj'] });
    const adapted = policy.parameters.filter(({ role }) => role === 'lora_A').map(({ layer }) => layer?.name);
    expect(adapted).toEqual([
      'model.layers.0.self_attn.v_proj',
      'model.layers.1.self_attn.q_proj',
      'model.layers.1.self_attn.v_proj',
    ]);
  });

  it('starts them at the values of the base, in arrays of their own', () => {
    const { parameters } = policyOf({ modules_to_save: ['k_proj'], bias: 'all' });
    const base = new Map([...checkpoint.weights].map(([name, { data }]) => [name, data]));
    for (const { name, values, layer } of parameters.filter((parameter) => !parameter.name.includes('lora_'))) {
      const origin = base.get(`${layer?.name}.${name.endsWith('bias') ? 'bias' : 'weight'}`);
      expect(values, name).toEqual(origin);
      expect(values, name).not.toBe(origin);
    }
  });

  it('gives shapes without values as it attaches them', () => {
    const policy = policyOf({ modules_to_save: ['k_proj', 'norm'], bias: 'all' });
    const shapes = withTrainedCopies(
      { ...lora, shapes: () => [] },
      {
        bias: 'lora_only',
      },
    ).shapes;
    const found = [...policy.targets.values()].flatMap((layer) =>
      shapes?.(layer, policy.plan.layers.get(layer.name) as never),
    );
    const expected = policy.parameters.filter(({ name }) => !name.includes('lora_'));
    expect(found).toEqual(expected.map(({ values: _values, ...spec }) => spec));
  });
});

describe('a model with one tensor for embedding and output head', () => {
  it.each(['embed_tokens', 'lm_head'])('is not untied by a copy of %s', (name) => {
    const error = refusalOf(() => policyOf({ modules_to_save: [name] }));
    expect(error).toMatchObject({ code: 'adapter/invalid', fields: { modules: [expect.stringContaining(name)] } });
    expect(error.message).toContain('ensure_weight_tying');
  });

  it.each(['embed_tokens', 'lm_head'])('trains one copy where weights are to stay tied (%s)', (name) => {
    const policy = policyOf({ modules_to_save: [name], ensure_weight_tying: true });
    expect(copiesOf(policy)).toEqual(['model.embed_tokens.modules_to_save']);
    const peft = policy.adapter.toPeft(policy.adapterConfig, policy.parameters, 'base');
    const keys = [...(peft?.tensors.keys() ?? [])].filter((key) => !key.includes('lora_'));
    expect(keys).toEqual(['base_model.model.model.embed_tokens.weight', 'base_model.model.lm_head.weight']);
    const read = lora.fromPeft(peft!);
    expect('refused' in read ? [] : [...read.parameters.keys()].filter((key) => !key.includes('lora_'))).toEqual([
      'model.embed_tokens.modules_to_save',
    ]);
  });

  it('is what ensure_weight_tying asks for', () => {
    const options = { modules_to_save: ['embed_tokens'], ensure_weight_tying: true };
    expect(refusalOf(() => policyOf(options, untied))).toMatchObject({ code: 'adapter/invalid' });
    const apart = policyOf({ modules_to_save: ['embed_tokens', 'lm_head'] }, untied);
    expect(copiesOf(apart)).toEqual(['model.embed_tokens.modules_to_save', 'lm_head.modules_to_save']);
  });
});

describe('what is refused or warned of', () => {
  it('a layer that would be trained twice', () => {
    const error = refusalOf(() => policyOf({ modules_to_save: ['_proj'] }));
    expect(error).toMatchObject({ code: 'adapter/invalid', fields: { layer: 'model.layers.0.self_attn.v_proj' } });
  });

  it('another method’s name for the biases', () => {
    expect(lora.config.safeParse({ bias: 'vera_only' }).success).toBe(false);
  });

  it('a name that matches no module', () => {
    const policy = policyOf({ modules_to_save: ['model.norm', 'classifier'] });
    const findings = lora.check?.(policy.adapterConfig as never, [...policy.targets.values()]);
    expect(findings).toMatchObject([{ severity: 'warning', path: 'modules_to_save' }]);
  });
});

const everything = { modules_to_save: ['k_proj', 'norm', 'layers.1.mlp'], bias: 'all' };

describe('what the layers compute', () => {
  it('is the trained copy, by forward and merged alike', async () => {
    const policy = policyOf(everything);
    const values = perturbed(policy);
    const bench = await createAdapterBench(policy);
    const { outputs } = await bench.run(values);
    for (const [layer, { forward, merged }] of outputs) expectClose(forward, merged, 1e-5, layer);
    await bench.release();
    const merging = await createMergedWeights(checkpoint, policy);
    const weights = await merging.of({ parameters: values });
    await merging.release();
    for (const { name, layer } of policy.parameters.filter((parameter) => !parameter.name.includes('lora_'))) {
      const kind = name.endsWith('bias') ? 'bias' : 'weight';
      expect(weights.get(`${layer?.name}.${kind}`)?.data, name).toEqual(values.get(name));
    }
  });

  it('has no plain LoRA form where more than the update is trained', () => {
    const inner = { ...lora, loraForm: () => ({ a: none, b: none, scaling: 1 }) } as unknown as Adapter<object, object>;
    const none = { shape: [0], values: new Float32Array() };
    const { loraForm } = withTrainedCopies(inner, { bias: 'lora_only' });
    const policy = policyOf({ bias: 'all', target_modules: ['v_proj', 'o_proj'] });
    const formOf = (name: string): unknown => {
      const layer = policy.targets.get(`model.layers.0.self_attn.${name}`)!;
      const options = policy.plan.layers.get(layer.name) as never;
      return loraForm?.({ layer, options, base: new Float32Array(), parameter: () => none });
    };
    expect([formOf('q_proj'), formOf('v_proj')]).toEqual([undefined, undefined]);
    expect(formOf('o_proj')).toBeDefined();
  });
});

it('comes back from PEFT’s files as it was written', () => {
  const policy = policyOf(everything);
  const values = perturbed(policy);
  const stored = policy.parameters.map((spec) => ({ ...spec, values: values.get(spec.name)! }));
  const peft = lora.toPeft(policy.adapterConfig as never, stored, 'base')!;
  expect(peft.config).toMatchObject(everything);
  const read = lora.fromPeft({ ...peft, config: JSON.parse(JSON.stringify(peft.config)) as typeof peft.config });
  if ('refused' in read) throw new Error(read.refused);
  expect(read.config).toMatchObject(policy.adapterConfig as object);
  expect(new Map([...read.parameters].map(([name, tensor]) => [name, tensor.values]))).toEqual(values);
});

it('shows hooks the layers of the method alone', () => {
  const seen: string[][] = [];
  const see = (layers: readonly { readonly layer: { readonly module: string } }[]): void => {
    seen.push(layers.map(({ layer }) => layer.module));
  };
  const hooks: AdapterHooks<Record<string, never>, undefined> = {
    state: (_config, plan) => {
      seen.push([...plan.layers.keys()]);
      return [];
    },
    transformGradients: (_config, layers) => {
      see(layers);
      return {};
    },
    afterStep: (_config, layers) => {
      see(layers);
      return {};
    },
  };
  const hooked = hookedAdapter(hooks, false) as unknown as Adapter<object, object>;
  const adapter = withTrainedCopies(
    { ...hooked, plan: (_config, targets) => ({ layers: new Map(targets.map(({ name }) => [name, {}])), shared: [] }) },
    {
      bias: 'hooked_only',
    },
  );
  const policy = createPolicy(checkpoint, adapter, adapter.config.parse({ bias: 'all', modules_to_save: ['norm'] }), 1);
  expect(policy.targets.size).toBeGreaterThan(2);
  const layers = [...policy.targets.values()].map((layer) => ({ layer, options: policy.plan.layers.get(layer.name) }));
  const steps = layers as unknown as LayerStep<never>[];
  adapter.hooks?.state?.(policy.adapterConfig as never, policy.plan as never);
  adapter.hooks?.transformGradients?.(policy.adapterConfig as never, steps);
  adapter.hooks?.afterStep?.(policy.adapterConfig as never, steps, undefined as never);
  expect(seen).toEqual([
    ['model.layers.0.self_attn.q_proj', 'model.layers.1.self_attn.q_proj'],
    ['q_proj', 'q_proj'],
    ['q_proj', 'q_proj'],
  ]);
});
