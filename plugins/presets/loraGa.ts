import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** LoRA-GA (arXiv 2407.05000): A and B start from the singular triplets of the gradient of W, which keeps the rest. */
export const loraGa: Preset = {
  id: 'lora_ga',
  summary: 'LoRA whose first step resembles full fine-tuning: A and B from the SVD of the gradient',
  source: 'LoRA-GA, arXiv 2407.05000',
  formula: '(W - s B0 A0) + s B A, B0 and A0 from the first 2 r singular triplets of dL/dW',
  adapter: 'lora',
  config: {
    init_lora_weights: z.literal('lora_ga').default('lora_ga').describe('How A and B start'),
  },
  examples: [{ r: 2, lora_ga_config: { direction: 'ArBr', scale: 'gd_scale' } }],
};
