import type { PeftAdapter, PeftRefusal, StoredTensor } from '../contracts/adapter.ts';
import type { ParameterSpec } from '../contracts/parameter.ts';
import { commonFields, isUnset, PEFT_PREFIX, sorted, targetFields } from './peftFields.ts';
import type { TargetOptions } from './targets.ts';

/* eslint-disable no-restricted-syntax -- PEFT's file writes null where an option is not set */
/** Fields of LoraConfig that belong to what is not done here, at PEFT's defaults. */
export const unusedLoraFields: Readonly<Record<string, unknown>> = {
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

/* eslint-enable no-restricted-syntax */

/** The tensors of low-rank layers under PEFT's names: `base_model.model.LAYER.lora_A.weight`. */
function peftTensors(parameters: readonly (ParameterSpec & StoredTensor)[]): ReadonlyMap<string, StoredTensor> {
  return new Map(parameters.map(({ name, shape, values }) => [`${PEFT_PREFIX}${name}.weight`, { shape, values }]));
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
