import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** LoRA-FA (arXiv 2308.03303): A stays as it starts; the optimizer of the same name makes the most of that for B's gradient. */
export const lorafa: Preset = {
  id: 'lorafa',
  summary: 'LoRA that trains B alone, with the gradient corrected for the frozen A',
  source: 'LoRA-FA, arXiv 2308.03303; peft.optimizers.create_lorafa_optimizer',
  formula: 'W + s B A with A frozen; g_B <- (1 / s^2) g_B (A A^T + 1e-8 I)^+',
  adapter: 'lora',
  config: {
    freeze_a: z.literal(true).default(true).describe('A stays as it starts'),
    bias: z
      .literal('none', { error: 'LoRA-FA trains B alone: biases stay frozen' })
      .default('none')
      .describe('Biases stay frozen'),
    lora_bias: z
      .literal(false, { error: 'LoRA-FA trains B alone: B has no bias' })
      .default(false)
      .describe('B has no bias'),
  },
  optimizer: 'lorafa',
  examples: [{ r: 2, use_rslora: true }],
};
