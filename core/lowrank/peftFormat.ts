import type { PeftAdapter, PeftRefusal, StoredTensor } from '../contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import type { TargetOptions } from './targets.ts';

/** The release of PEFT whose configuration classes names, fields and defaults are taken from. */
const PEFT_VERSION = '0.21.2';

/** What PEFT puts before the name of a module of a causal language model. */
const PREFIX = 'base_model.model.';

/* eslint-disable no-restricted-syntax -- PEFT's file writes null where an option is not set */

/** The fields of every adapter_config.json. */
function commonFields(peftType: string, baseModel: string): Readonly<Record<string, unknown>> {
  return {
    auto_mapping: null,
    base_model_name_or_path: baseModel,
    inference_mode: true,
    peft_type: peftType,
    peft_version: PEFT_VERSION,
    revision: null,
    task_type: 'CAUSAL_LM',
  };
}

/** Fields of LoraConfig that belong to what is not done here, at PEFT's defaults. */
const unusedLoraFields: Readonly<Record<string, unknown>> = {
  alora_invocation_tokens: null,
  arrow_config: null,
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  fan_in_fan_out: false,
  kasa_config: null,
  layer_replication: null,
  loftq_config: {},
  lora_bias: false,
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: 'megatron.core',
  modules_to_save: null,
  monteclora_config: null,
  qalora_group_size: 16,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_dora: false,
  use_qalora: false,
  velora_config: null,
};

function listOrPattern(given: string | readonly string[] | null | undefined): unknown {
  if (given === undefined || given === null) return null;
  return typeof given === 'string' ? given : [...given].sort();
}

/** The options that say which layers are adapted. "all-linear" becomes the names of those layers, as in PEFT. */
function targetFields(options: TargetOptions, targets: readonly TargetLayer[]): Readonly<Record<string, unknown>> {
  const { target_modules: target, layers_to_transform: blocks } = options;
  const isAll = typeof target === 'string' && target.toLowerCase() === 'all-linear';
  return {
    exclude_modules: listOrPattern(options.exclude_modules),
    layers_pattern: options.layers_pattern ?? null,
    layers_to_transform: blocks ?? null,
    target_modules: listOrPattern(isAll ? targets.map(({ name }) => name) : target),
  };
}
/* eslint-enable no-restricted-syntax */

function sorted(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The tensors of low-rank layers under PEFT's names: `base_model.model.LAYER.lora_A.weight`. */
function peftTensors(parameters: readonly (ParameterSpec & StoredTensor)[]): ReadonlyMap<string, StoredTensor> {
  return new Map(parameters.map(({ name, shape, values }) => [`${PREFIX}${name}.weight`, { shape, values }]));
}

/** A LoRA adapter as PEFT saves it. `own` are the fields of LoraConfig that the method sets. */
export function loraAdapter(
  own: Readonly<Record<string, unknown>>,
  options: TargetOptions,
  parameters: readonly (ParameterSpec & StoredTensor)[],
  baseModel: string,
): PeftAdapter {
  const layers = parameters.flatMap(({ layer }) => (layer === undefined ? [] : [[layer.name, layer] as const]));
  const targets = [...new Map(layers).values()];
  return {
    config: sorted({
      ...commonFields('LORA', baseModel),
      ...unusedLoraFields,
      ...targetFields(options, targets),
      ...own,
    }),
    tensors: peftTensors(parameters),
  };
}

/** Fields of LoraConfig that say nothing about what is computed. */
const bookkeeping = new Set(['megatron_core', 'qalora_group_size', 'task_type']);

/** An adapter_config.json of LoRA: the fields that the method has, and its tensors by our parameters' names. */
export interface ReadLora {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly parameters: ReadonlyMap<string, StoredTensor>;
}

/** Reads a LoRA adapter of PEFT's. `own` are the fields that the method has; it is refused where another one is set. */
export function readLoraAdapter({ config, tensors }: PeftAdapter, own: readonly string[]): ReadLora | PeftRefusal {
  if (config['peft_type'] !== 'LORA') return { refused: `its peft_type is ${JSON.stringify(config['peft_type'])}` };
  const common = commonFields('LORA', '');
  const isKnown = (name: string): boolean => own.includes(name) || name in common || bookkeeping.has(name);
  const foreign = Object.entries(config).find(
    ([name, value]) => !isKnown(name) && !isUnset(value) && unusedLoraFields[name] !== value,
  );
  if (foreign !== undefined) {
    return { refused: `it sets "${foreign[0]}" to ${JSON.stringify(foreign[1])}, which this method does not have` };
  }
  const parameters = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    const parameter = /^base_model\.model\.(.+\.lora_[AB])\.weight$/.exec(name)?.[1];
    if (parameter === undefined) return { refused: `it holds a tensor "${name}", which is not one of LoRA's` };
    parameters.set(parameter, tensor);
  }
  return { fields: Object.fromEntries(Object.entries(config).filter(([name]) => own.includes(name))), parameters };
}

function isUnset(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0);
}
