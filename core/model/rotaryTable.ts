import { ropeFrequencies } from './rope.ts';
import type { DecoderConfig } from './modelConfig.ts';

/** Cosines and sines of RoPE's angles, row-major [positions, headDim / 2]. */
export interface RotaryValues {
  readonly positions: number;
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** The table for positions 0 to `positions` - 1; angles are rounded to float32 as torch does. */
export function rotaryValues(config: DecoderConfig, positions: number): RotaryValues {
  const frequencies = ropeFrequencies(config);
  const half = frequencies.length;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * (frequencies[i] ?? 0));
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { positions, cos, sin };
}
