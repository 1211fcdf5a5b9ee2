import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** LoRA (arXiv 2106.09685) of rank 1: one direction a layer, the least that it can have. */
export const loraRank1: Preset = {
  id: 'lora_rank1',
  summary: 'LoRA of rank 1',
  source: 'LoRA, arXiv 2106.09685, at r = 1; compared in arXiv 2512.23165',
  formula: 'W + s b a^T, s = lora_alpha',
  adapter: 'lora',
  config: {
    r: z.literal(1, { error: 'rank-1 LoRA has r 1; other ranks are `type: lora`' }).default(1).describe('Rank'),
    rank_pattern: z.strictObject({}).default({}).describe('Every layer has rank 1'),
  },
  examples: [{ lora_alpha: 2 }],
};
