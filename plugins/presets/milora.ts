import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** MiLoRA (arXiv 2406.09044): A and B start as the minor singular triplets of W, which keeps the rest. */
export const milora: Preset = {
  id: 'milora',
  summary: 'LoRA on the minor singular triplets of the weight, which are taken out of it',
  source: 'MiLoRA, arXiv 2406.09044',
  formula: '(W - s B0 A0) + s B A, s B0 A0 = U_r S_r V_r^T of the smallest r singular values',
  adapter: 'lora',
  config: {
    init_lora_weights: z.literal('milora').default('milora').describe('How A and B start'),
  },
  examples: [{ r: 2, lora_alpha: 4 }],
};
