import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** MiLoRA+: MiLoRA's directions (arXiv 2406.09044) without its size: A the minor right singular vectors, B zero, the base untouched. */
export const miloraplus: Preset = {
  id: 'miloraplus',
  summary: 'LoRA with A the minor right singular vectors of the weight, B zero and scaling 1',
  source: 'variant of MiLoRA, arXiv 2406.09044, that leaves the weight as it is',
  formula: 'W + B A, A0 = V_min^T (last r rows), B0 = 0, lora_alpha = r',
  adapter: 'lora',
  config: {
    init_lora_weights: z.literal('miloraplus').default('miloraplus').describe('How A and B start'),
    lora_alpha: z.number().positive().optional().describe('Equal to r, so that the scaling is 1; may be left out'),
  },
  examples: [{ r: 2 }, { r: 3, rank_pattern: { v_proj: 1 } }],
};
