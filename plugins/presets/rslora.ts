import { z } from 'zod';
import type { Preset } from '../../core/contracts/preset.ts';

/** rsLoRA (arXiv 2312.03732): LoRA scaled by alpha / sqrt r, so that the update keeps its size when the rank grows. */
export const rslora: Preset = {
  id: 'rslora',
  summary: 'LoRA whose update is scaled by alpha / sqrt r',
  source: 'arXiv 2312.03732',
  formula: 'W + s B A, s = lora_alpha / sqrt r',
  adapter: 'lora',
  config: { use_rslora: z.literal(true).default(true) },
  examples: [{ r: 3, lora_alpha: 6 }],
};
