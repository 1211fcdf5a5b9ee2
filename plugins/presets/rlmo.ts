import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** RLMO (arXiv 2606.31813): A starts as the last right singular vectors of W, orthonormal and unscaled; B is zero. */
export const rlmo: Preset = {
  id: 'rlmo',
  summary: 'LoRA with A the minor right singular vectors of the weight, B zero',
  source: 'Geometry-Preserving Orthonormal Initialization for Low-Rank Adaptation in RLVR, arXiv 2606.31813',
  formula: 'W + s B A, A0 = V_min^T (last r rows), B0 = 0',
  adapter: 'lora',
  config: {
    init_lora_weights: z.literal('rlmo').default('rlmo').describe('How A and B start'),
  },
  examples: [{ r: 2 }],
};
