import { matrix } from '../../linalg/matrix.ts';
import { multiply } from '../../linalg/multiply.ts';
import { svd } from '../../linalg/svd.ts';
import { loftqSchema } from '../initialisation.ts';
import { quantised } from './quantise.ts';
import { sharedTriplets } from './singularStart.ts';
import type { LowRankFactors, StartContext } from './startContext.ts';

/** `left` + `factor` * `right`, entry by entry. */
function plus(left: ArrayLike<number>, factor: number, right: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return Float64Array.from(left, (value, i) => value + factor * (right[i] ?? 0));
}

/**
 * LoftQ (arXiv 2310.08659, algorithm 1): the frozen weight Q is W quantised, and s B A the best rank-r approximation of W - Q; with more
 * iterations W - s B A is quantised next. PEFT leaves s out, which is the same only where it is 1.
 */
export function loftqStart({ shape, rank, scaling, weight, settings }: StartContext): LowRankFactors {
  const { loftq_bits: bits, loftq_iter: iterations } = settings.loftq_config ?? loftqSchema.parse({});
  const [out, inputs] = shape;
  let target = Float64Array.from(weight);
  for (let iteration = 1; ; iteration++) {
    const frozen = Float32Array.from(quantised(target, inputs, bits));
    const factors = sharedTriplets(svd(matrix(out, inputs, plus(weight, -1, frozen))), 0, rank, scaling);
    if (iteration === iterations) return { ...factors, frozen };
    const update = multiply(matrix(out, rank, factors.b), matrix(rank, inputs, factors.a));
    target = plus(weight, -scaling, update.data);
  }
}
