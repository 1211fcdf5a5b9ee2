import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** LoftQ (arXiv 2310.08659): the frozen weight is quantised, and A and B start as the best approximation of what that loses. */
export const loftq: Preset = {
  id: 'loftq',
  summary: 'LoRA on a quantised weight, started so that it makes up for the rounding',
  source: 'LoftQ, arXiv 2310.08659',
  formula: 'Q + s B A, Q = W quantised, s B0 A0 = best rank-r approximation of W - Q',
  adapter: 'lora',
  changesBaseWeight: true,
  config: {
    init_lora_weights: z.literal('loftq').default('loftq').describe('How A and B start'),
  },
  examples: [
    { r: 2, loftq_config: { loftq_bits: 2, loftq_iter: 2 } },
    { r: 2, loftq_config: { loftq_bits: 8 } },
  ],
};
