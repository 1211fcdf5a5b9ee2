import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** Orthogonal start: rows of even and of odd index of a random orthogonal matrix, mixed, in A and in B. The rank must be even. */
export const orthogonal: Preset = {
  id: 'orthogonal',
  summary: 'LoRA with A and B from rows of one random orthogonal matrix, so that B A = 0 though neither is',
  source: 'datta0.github.io/posts/rethink-lora-init, as peft.LoraConfig has it',
  formula: 'W + s B A, A0 = (X Q_even)^T / 10, B0 = Y Q_odd / 10, Q orthogonal',
  adapter: 'lora',
  config: {
    init_lora_weights: z.literal('orthogonal').default('orthogonal').describe('How A and B start'),
  },
  examples: [{ r: 2 }],
};
