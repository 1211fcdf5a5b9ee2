import type { z } from 'zod';
import type { PeftAdapter, PeftImport, PeftRefusal, StoredTensor } from '../contracts/adapter.ts';
import type { ParameterSpec } from '../contracts/parameter.ts';
import { startNames } from './attachLowRank.ts';
import { evaSchema, initialisation, type Initialisation } from './initialisation.ts';
import { startOf } from './initialise.ts';
import { alphaOf, type LoraOptions } from './loraOptions.ts';
import { noStartOptions, unusedLoraFields } from './unusedLoraFields.ts';
import { readPeft, writePeft, type PeftMethod } from './peftMethod.ts';
import { doubledA, doubledB } from './plainLora.ts';

type Stored = ParameterSpec & StoredTensor;
type Fields = Readonly<Record<string, unknown>>;

/** How PEFT stores LoRA and DoRA. */
const method: PeftMethod = {
  type: 'LORA',
  fixed: unusedLoraFields,
  idle: { megatron_core: 'megatron.core', qalora_group_size: 16 },
  targetOptions: ['exclude_modules', 'layers_to_transform', 'layers_pattern'],
  endings: {
    '.lora_A': '.lora_A.weight',
    '.lora_B': '.lora_B.weight',
    '.lora_B.bias': '.lora_B.bias',
    '.lora_magnitude_vector': '.lora_magnitude_vector',
  },
};

/** A parameter's partner: the same layer's of another short name. */
function partner(parameters: readonly Stored[], { name }: Stored, own: string, other: string): Stored | undefined {
  const wanted = `${name.slice(0, -own.length)}${other}`;
  return parameters.find((parameter) => parameter.name === wanted);
}

/** A and B with their starts taken off, at twice the rank: what they are on the original base. */
function onBase(parameters: readonly Stored[]): readonly Stored[] {
  return parameters.map((parameter) => {
    const a = partner(parameters, parameter, 'lora_A', startNames.a);
    if (a !== undefined && parameter.name.endsWith('.lora_A')) return { ...parameter, ...doubledA(parameter, a) };
    const b = partner(parameters, parameter, 'lora_B', startNames.b);
    return b !== undefined && parameter.name.endsWith('.lora_B')
      ? { ...parameter, ...doubledB(parameter, b) }
      : parameter;
  });
}

function scaledValues(values: Readonly<Record<string, number>>, factor: number): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value * factor]));
}

/** Ranks and alphas at twice the rank and the same scaling: alpha / r doubles alpha, alpha / sqrt r multiplies it by sqrt 2. */
function doubledFields(config: LoraOptions): Fields {
  const factor = config.use_rslora ? Math.SQRT2 : 2;
  return {
    r: 2 * config.r,
    lora_alpha: alphaOf(config) * factor,
    rank_pattern: scaledValues(config.rank_pattern, 2),
    alpha_pattern: scaledValues(config.alpha_pattern, factor),
  };
}

/** Ranks and alphas as EVA left them, by the layers' full names, and the layers that it kept. */
function redistributedFields(config: LoraOptions, parameters: readonly Stored[]): Fields {
  const layers = parameters.flatMap(({ name, layer, shape: [rank = 0], scaling }) =>
    name.endsWith('.lora_A') && layer !== undefined
      ? [{ name: layer.name, rank, alpha: scaling * (config.use_rslora ? Math.sqrt(rank) : rank) }]
      : [],
  );
  const alpha = alphaOf(config);
  const other = layers.filter((layer) => Math.abs(layer.alpha - alpha) > 1e-9 * alpha);
  return {
    rank_pattern: Object.fromEntries(layers.flatMap(({ name, rank }) => (rank === config.r ? [] : [[name, rank]]))),
    alpha_pattern: Object.fromEntries(other.map((layer) => [layer.name, layer.alpha])),
    eva_config: Object.fromEntries(Object.entries(config.eva_config ?? evaSchema.parse({})).sort()),
  };
}

/** The fields that say how large the update is and how it started. */
function sizeFields(config: LoraOptions, parameters: readonly Stored[]): Fields {
  const { init_lora_weights: name, r, rank_pattern, alpha_pattern } = config;
  const start = startOf(name);
  const plain = { r, lora_alpha: alphaOf(config), rank_pattern, alpha_pattern };
  if (start.subtractsStart === true) return { ...doubledFields(config), init_lora_weights: true };
  if (name === 'eva') return { ...plain, ...redistributedFields(config, parameters), init_lora_weights: name };
  if (name === 'miloraplus') return { ...plain, alpha_pattern: rank_pattern, init_lora_weights: true };
  return { ...plain, init_lora_weights: start.inPeft === true ? name : true };
}

/**
 * An adapter of LoRA or DoRA as PEFT saves it, always such that it belongs on the original base: where the start was subtracted from the
 * weight, in the form that PEFT writes for `path_initial_model_for_weight_conversion`. Undefined for LoftQ, whose quantised base PEFT's
 * file cannot hold.
 */
export function writeLora(
  config: LoraOptions & { readonly lora_bias?: boolean },
  usesDora: boolean,
  parameters: readonly Stored[],
  baseModel: string,
): PeftAdapter | undefined {
  const { init_lora_weights: name, lora_dropout, use_rslora, lora_bias = false } = config;
  const start = startOf(name);
  if (start.replacesWeight === true) return undefined;
  const own = {
    ...noStartOptions,
    ...sizeFields(config, parameters),
    lora_bias,
    lora_dropout,
    use_rslora,
    use_dora: usesDora,
  };
  const stored = start.subtractsStart === true ? onBase(parameters) : parameters;
  const kept = parameters.flatMap(({ layer }) => (layer === undefined ? [] : [layer.name]));
  const targets = name === 'eva' ? { target_modules: [...new Set(kept)] } : config;
  return writePeft(method, own, targets, stored, baseModel);
}

/** Why an adapter that was started this way cannot be read, if it cannot. */
function startRefusal(name: unknown): string | undefined {
  const init = JSON.stringify(name);
  if (name === 'loftq') {
    return (
      `it was started by init_lora_weights ${init}, on a quantised base that the folder does not hold: on the original base it is ` +
      'another model. Merge it in PEFT on the base that it was trained on'
    );
  }
  if (name !== undefined && !initialisation.safeParse(name).success) {
    return `it was started by init_lora_weights ${init}, which this method does not have`;
  }
  if (typeof name !== 'string' || startOf(name as Initialisation).subtractsStart !== true) return undefined;
  return (
    `it was started by init_lora_weights ${init}, which takes the start out of the base weights, and the folder holds neither the ` +
    'weights that were left nor a converted form: on the original base it is another model. Save it in PEFT with ' +
    'path_initial_model_for_weight_conversion, the folder of the adapter as it was before training, which makes plain LoRA of it'
  );
}

/**
 * Without what says nothing about the adapter: how it started, which PEFT keeps in the file, and the copy of the base weight that PEFT
 * saves beside an adapted output head.
 */
function essentials({ config, tensors }: PeftAdapter): PeftAdapter {
  const own = new Map([...tensors].filter(([name]) => !name.endsWith('.base_layer.weight')));
  const fields = Object.entries(config).filter(([name]) => !(name in noStartOptions));
  // EVA's ranks are in the patterns; there is nothing to look for again.
  const start: Initialisation | undefined = config['init_lora_weights'] === 'eva' ? true : undefined;
  return {
    config: { ...Object.fromEntries(fields), ...(start === undefined ? {} : { init_lora_weights: start }) },
    tensors: own,
  };
}

/** Whether a rank is larger than its layer has room for. */
function hasExcessRank({ tensors }: PeftAdapter): boolean {
  return [...tensors].some(
    ([
      name,
      {
        shape: [rows = 0, columns = 0],
      },
    ]) => {
      if (name.endsWith('.lora_A.weight')) return rows > columns;
      return name.endsWith('.lora_B.weight') && columns > rows;
    },
  );
}

/** Reads an adapter of LoRA's type, with or without DoRA; or says why not. */
export function readLora<Schema extends z.ZodObject>(
  adapter: PeftAdapter,
  schema: Schema,
  usesDora: boolean,
): PeftImport<z.output<Schema>> | PeftRefusal {
  const { config } = adapter;
  if (config['peft_type'] === 'LORA') {
    if ((config['use_dora'] === true) !== usesDora) {
      return { refused: usesDora ? 'it does not use DoRA: "lora" reads it' : 'it sets use_dora: "dora" reads it' };
    }
    const refused = startRefusal(config['init_lora_weights']);
    if (refused !== undefined) return { refused };
  }
  const plain = essentials(adapter);
  const own = hasExcessRank(adapter) ? { allow_excess_rank: true } : {};
  return readPeft(method, schema, { ...plain, config: { ...plain.config, ...own } });
}
