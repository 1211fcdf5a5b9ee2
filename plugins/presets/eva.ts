import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** EVA (arXiv 2410.07170): A starts as principal components of the layer’s inputs; ranks move to the layers that they explain best. */
export const eva: Preset = {
  id: 'eva',
  summary: 'LoRA with A from the principal components of each layer’s inputs, and ranks where they explain most',
  source: 'EVA, arXiv 2410.07170',
  formula: 'W + s B A, A0 = leading right singular vectors of the centred inputs, B0 = 0',
  adapter: 'lora',
  config: {
    init_lora_weights: z.literal('eva').default('eva').describe('How A and B start'),
  },
  examples: [{ r: 2, eva_config: { rho: 1.5, whiten: true } }],
};
