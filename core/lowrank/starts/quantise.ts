import type { StartSettings } from '../initialisation.ts';

type Bits = NonNullable<StartSettings['loftq_config']>['loftq_bits'];

/** Values that share a scale. */
const BLOCK = 64;

/**
 * Levels of normal float: quantiles of the normal distribution, the largest of each block being 1 (QLoRA, arXiv 2305.14314, appendix E, for
 * 4 bits; the same rule for 2).
 */
const normalLevels: Readonly<Record<2 | 4, readonly number[]>> = {
  2: [-1, 0, 0.33791524171829224, 1],
  4: [
    -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
  ],
};

function largestOf(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function nearest(levels: readonly number[], value: number): number {
  return levels.reduce((best, level) => (Math.abs(level - value) < Math.abs(best - value) ? level : best));
}

/** Each run of `length` values, divided by its largest magnitude, rounded and multiplied again. */
function inRuns(values: Float64Array, length: number, round: (share: number) => number): Float64Array {
  const result = new Float64Array(values.length);
  for (let from = 0; from < values.length; from += length) {
    const run = values.subarray(from, from + length);
    const largest = largestOf(run);
    if (largest > 0)
      result.set(
        run.map((value) => largest * round(value / largest)),
        from,
      );
  }
  return result;
}

/** To the nearest integer, ties to even. */
function rounded(value: number): number {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** Smallest exponent of a normal number of IEEE 754 binary16, and bits behind its leading one. */
const [SMALLEST_EXPONENT, FRACTION_BITS] = [-14, 10];

function roundedToFloat16(value: number): number {
  if (value === 0) return value;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), SMALLEST_EXPONENT);
  const step = 2 ** (exponent - FRACTION_BITS);
  return rounded(value / step) * step;
}

/**
 * A weight [out, in] as it comes back from `bits` bits: normal float in blocks of 64 for 2 and 4 bits, 127 steps of equal size to each side
 * of zero and a scale for each row for 8, of a weight that is rounded to float16 first, as bitsandbytes has it. Scales stay in full
 * precision.
 */
export function quantised(weight: Float64Array, columns: number, bits: Bits): Float64Array {
  if (bits === 8) return inRuns(weight.map(roundedToFloat16), columns, (share) => rounded(127 * share) / 127);
  return inRuns(weight, BLOCK, (share) => nearest(normalLevels[bits], share));
}
