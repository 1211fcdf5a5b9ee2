import type { RandomNumbers } from '../../contracts/randomNumbers.ts';
import { matrix, takeColumns, transpose } from '../../linalg/matrix.ts';
import { singularValues } from '../../linalg/svd.ts';
import { leadingTriplets } from '../leadingTriplets.ts';
import { loraGaSchema, type StartSettings } from '../initialisation.ts';
import { calibrationOf, type LowRankFactors, type StartContext } from './startContext.ts';

type Options = NonNullable<StartSettings['lora_ga_config']>;

/** Which of the triplets 0 ... 2 r - 1 A and B take. */
function directions(
  direction: Options['direction'],
  rank: number,
  random: RandomNumbers,
): { a: number[]; b: number[] } {
  const indices = (of: (k: number) => number): number[] => Array.from({ length: rank }, (_, k) => of(k));
  if (direction === 'ArBr') return { a: indices((k) => 2 * k + 1), b: indices((k) => 2 * k) };
  if (direction === 'A2rBr') return { a: indices((k) => rank + k), b: indices((k) => k) };
  if (direction === 'ArB2r') return { a: indices((k) => k), b: indices((k) => rank + k) };
  const drawn = random.permutation(2 * rank).slice(0, rank);
  return { a: drawn, b: drawn };
}

/** Factors on A and on B = U S. `first` is the value that stands with B's first column. */
function factorsOf(options: Options, context: StartContext, first: number): { a: number; b: number } {
  const { shape, weight, scaling } = context;
  if (options.scale === 'stable') return { a: 1, b: shape[0] ** 0.25 / Math.sqrt(options.stable_gamma) };
  if (options.scale === 'gd_scale') return { a: 1 / scaling, b: 1 / scaling };
  if (options.scale === 'unit' || first <= 0) return { a: 1, b: 1 };
  return { a: 1, b: (singularValues(matrix(...shape, weight))[0] ?? 0) / first };
}

/**
 * LoRA-GA (arXiv 2407.05000): A and B from the singular triplets of the mean gradient of W, so that the first step resembles one of full
 * fine-tuning; the frozen weight becomes W - s B A. Directions and scales are those of PEFT's LoraGAConfig. Unlike PiSSA's, the product
 * pairs vectors of different triplets, so it does depend on their signs.
 */
export function loraGaStart(context: StartContext): LowRankFactors {
  const { shape, rank, random, settings } = context;
  const { values } = calibrationOf(context, 'gradients', shape[0] * shape[1]);
  const options = settings.lora_ga_config ?? loraGaSchema.parse({});
  const { u, s, v } = leadingTriplets(matrix(...shape, values), 2 * rank, random);
  const taken = directions(options.direction, rank, random);
  const sizes = taken.b.map((index) => s[index] ?? 0);
  const factors = factorsOf(options, context, sizes[0] ?? 0);
  return {
    a: Float32Array.from(transpose(takeColumns(v, taken.a)).data, (value) => value * factors.a),
    b: Float32Array.from(takeColumns(u, taken.b, sizes).data, (value) => value * factors.b),
  };
}
