import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** CorDA (arXiv 2406.05223): A and B start as triplets of W that matter most, or least, on given inputs; W keeps the rest. */
export const corda: Preset = {
  id: 'corda',
  summary: 'LoRA on the singular triplets of the weight times the covariance of its inputs',
  source: 'CorDA, arXiv 2406.05223',
  formula: '(W - s B0 A0) + s B A, W C = U S V^T, s B0 A0 = U_r S_r V_r^T C^-1',
  adapter: 'lora',
  config: {
    init_lora_weights: z.literal('corda').default('corda').describe('How A and B start'),
  },
  examples: [{ r: 2, corda_config: { corda_method: 'kpm' } }],
};
