import type { Preset } from '../../core/contracts/preset.ts';

/** LoRA+ (arXiv 2402.12354): LoRA whose B learns faster than A, by the optimizer of the same name. */
export const loraplus: Preset = {
  id: 'loraplus',
  summary: 'LoRA whose B has a learning rate many times that of A',
  source: 'LoRA+, arXiv 2402.12354; peft.optimizers.create_loraplus_optimizer',
  formula: 'W + s B A, B at loraplus_lr_ratio times the learning rate of A',
  adapter: 'lora',
  config: {},
  optimizer: 'loraplus',
  examples: [{ r: 2, use_rslora: true }],
};
