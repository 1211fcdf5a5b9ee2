import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** OLoRA (arXiv 2406.01775): A and B start from the QR factors of W, which keeps the rest. */
export const olora: Preset = {
  id: 'olora',
  summary: 'LoRA that starts as the first columns of Q and rows of R of the weight, which are taken out of it',
  source: 'OLoRA, arXiv 2406.01775',
  formula: '(W - s B0 A0) + s B A, W = Q R, B0 = Q[:, :r], A0 = R[:r]',
  adapter: 'lora',
  config: {
    init_lora_weights: z.literal('olora').default('olora').describe('How A and B start'),
  },
  examples: [{ r: 2, lora_alpha: 4 }],
};
