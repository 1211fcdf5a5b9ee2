import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** RLPO (arXiv 2606.31813): A starts as the first right singular vectors of W, orthonormal and unscaled; B is zero. */
export const rlpo: Preset = {
  id: 'rlpo',
  summary: 'LoRA with A the principal right singular vectors of the weight, B zero',
  source: 'Geometry-Preserving Orthonormal Initialization for Low-Rank Adaptation in RLVR, arXiv 2606.31813',
  formula: 'W + s B A, A0 = V_max^T (first r rows), B0 = 0',
  adapter: 'lora',
  config: {
    init_lora_weights: z.literal('rlpo').default('rlpo').describe('How A and B start'),
  },
  examples: [{ r: 2 }],
};
