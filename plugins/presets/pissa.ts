import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** PiSSA (arXiv 2404.02948): A and B start as the principal singular triplets of W, which keeps the rest. */
export const pissa: Preset = {
  id: 'pissa',
  summary: 'LoRA on the principal singular triplets of the weight, which are taken out of it',
  source: 'PiSSA, arXiv 2404.02948',
  formula: '(W - s B0 A0) + s B A, s B0 A0 = U_r S_r V_r^T of the largest r singular values',
  adapter: 'lora',
  config: {
    init_lora_weights: z
      .union([z.literal('pissa'), z.templateLiteral(['pissa_niter_', z.string().regex(/^\d{1,3}$/)])])
      .default('pissa')
      .describe('pissa: exact; pissa_niter_N: randomised SVD with N passes'),
  },
  examples: [
    { r: 2, lora_alpha: 4 },
    { r: 2, init_lora_weights: 'pissa_niter_2', rank_pattern: { v_proj: 1 } },
  ],
};
