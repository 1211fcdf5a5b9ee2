import type { RandomNumbers } from '../../contracts/randomNumbers.ts';
import { columnsOf, matrix, transpose, type Matrix } from '../../linalg/matrix.ts';
import { multiply } from '../../linalg/multiply.ts';
import { qr } from '../../linalg/qr.ts';
import type { LowRankFactors, StartContext } from './startContext.ts';

/**
 * Uniform on +-1/sqrt(fanIn): Kaiming's rule with a = sqrt 5, the start of every linear layer in torch (arXiv 1502.01852).
 */
function kaimingUniform(count: number, fanIn: number, random: RandomNumbers): Float32Array {
  const bound = 1 / Math.sqrt(fanIn);
  return random.uniforms(count).map((value) => (2 * value - 1) * bound);
}

/** LoRA's own start (arXiv 2106.09685, as its authors' code has it): A Kaiming-uniform, B zero. */
export function uniformStart({ shape: [out, inputs], rank, random }: StartContext): LowRankFactors {
  return { a: kaimingUniform(rank * inputs, inputs, random), b: new Float32Array(out * rank) };
}

/** A normal with standard deviation 1 / rank, B zero. */
export function gaussianStart({ shape: [out, inputs], rank, random }: StartContext): LowRankFactors {
  return { a: random.normals(rank * inputs).map((value) => value / rank), b: new Float32Array(out * rank) };
}

/** A and B Kaiming-uniform (`init_lora_weights: false`): not the identity; for tests. */
export function nonzeroStart({ shape: [out, inputs], rank, random }: StartContext): LowRankFactors {
  const a = kaimingUniform(rank * inputs, inputs, random);
  return { a, b: kaimingUniform(out * rank, rank, random) };
}

/** Every second row of `source` from `first` on. */
function alternateRows(source: Matrix, first: 0 | 1): Matrix {
  const rows = Array.from({ length: source.rows / 2 }, (_, i) => {
    const from = (2 * i + first) * source.columns;
    return source.data.subarray(from, from + source.columns);
  });
  return matrix(
    rows.length,
    source.columns,
    rows.flatMap((row) => [...row]),
  );
}

/**
 * Rows of a random orthogonal Q [rank, rank], those of even index in A and the others in B, each mixed at random and divided by 10: B A
 * is zero up to rounding although neither is, so that both get gradients from the first step (the `orthogonal` of PEFT). The rank must
 * be even.
 */
export function orthogonalStart({ shape: [out, inputs], rank, random }: StartContext): LowRankFactors {
  const { q } = qr(matrix(rank, rank, random.normals(rank * rank)));
  const half = rank / 2;
  const mixed = (size: number, first: 0 | 1): Matrix =>
    multiply(matrix(size, half, random.normals(size * half)), alternateRows(q, first));
  const a = transpose(mixed(inputs, 0));
  const b = mixed(out, 1);
  const tenth = (values: Float64Array): Float32Array => Float32Array.from(values, (value) => value / 10);
  return { a: tenth(a.data), b: tenth(b.data) };
}

/**
 * OLoRA (arXiv 2406.01775): W = Q R, B the first columns of Q, A the first rows of R; the frozen weight becomes W - s B A. The product
 * does not depend on the signs of the factors.
 */
export function oloraStart({ shape: [out, inputs], rank, weight }: StartContext): LowRankFactors {
  const { q, r } = qr(matrix(out, inputs, weight));
  return { a: Float32Array.from(r.data.subarray(0, rank * inputs)), b: Float32Array.from(columnsOf(q, 0, rank).data) };
}
