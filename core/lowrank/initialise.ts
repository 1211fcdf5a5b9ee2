import type { RandomNumbers } from '../contracts/randomNumbers.ts';

/** How A and B start: `true`: A uniform, B zero; `gaussian`: A normal, B zero; `false`: both uniform, which is not the identity. */
export type LowRankStart = boolean | 'gaussian';

/** A [rank, in] and B [out, rank], row-major. */
export interface LowRankFactors {
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/**
 * Uniform on +-1/sqrt(fanIn): Kaiming's rule with a = sqrt 5, the start of every linear layer in torch (arXiv 1502.01852).
 */
function kaimingUniform(count: number, fanIn: number, random: RandomNumbers): Float32Array {
  const bound = 1 / Math.sqrt(fanIn);
  return random.uniforms(count).map((value) => (2 * value - 1) * bound);
}

/** Starting values of a low-rank update of a layer [out, in], as PEFT draws them (from other random numbers). */
export function startLowRank(
  start: LowRankStart,
  [out, inputs]: readonly [number, number],
  rank: number,
  random: RandomNumbers,
): LowRankFactors {
  const a =
    start === 'gaussian'
      ? random.normals(rank * inputs).map((value) => value / rank)
      : kaimingUniform(rank * inputs, inputs, random);
  const b = start === false ? kaimingUniform(out * rank, rank, random) : new Float32Array(out * rank);
  return { a, b };
}
