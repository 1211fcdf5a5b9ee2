/* eslint-disable no-restricted-syntax -- PEFT's file writes null where an option is not set */

/** Options of how A and B start, where none is told. A start that was made already says nothing about what is computed. */
export const noStartOptions: Readonly<Record<string, unknown>> = {
  corda_config: null,
  eva_config: null,
  loftq_config: {},
  lora_ga_config: null,
};

/** Fields of LoraConfig that belong to what is not done here, at PEFT's defaults. */
export const unusedLoraFields: Readonly<Record<string, unknown>> = {
  ...noStartOptions,
  alora_invocation_tokens: null,
  arrow_config: null,
  ensure_weight_tying: false,
  fan_in_fan_out: false,
  kasa_config: null,
  layer_replication: null,
  lora_bias: false,
  megatron_config: null,
  modules_to_save: null,
  monteclora_config: null,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_dora: false,
  use_qalora: false,
  velora_config: null,
};
/* eslint-enable no-restricted-syntax */
