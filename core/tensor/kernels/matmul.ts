import { broadcast_util } from '@tensorflow/tfjs-core';
import { RlvrError } from '../../errors.ts';
import type { GraphBuilder, Value } from '../graphBuilder.ts';
import { defineKernel } from './defineKernel.ts';

/** How a matrix product reads its operands. */
export interface MatMulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Factor on the product. */
  readonly alpha?: number;
}

/** Adds op(a) op(b): Gemm for plain transposed matrices, com.microsoft FusedMatMul where batches or factors are involved. */
export function matMulNode(builder: GraphBuilder, a: Value, b: Value, options: MatMulOptions = {}): Value {
  const { transposeA = false, transposeB = false, alpha = 1 } = options;
  const rows = a.shape.at(transposeA ? -1 : -2) ?? 1;
  const columns = b.shape.at(transposeB ? -2 : -1) ?? 1;
  assertInnerSizes(builder, a, b, a.shape.at(transposeA ? -2 : -1), b.shape.at(transposeB ? -1 : -2));
  const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const output = { type: a.type, shape: [...batch, rows, columns] };
  if (!transposeA && !transposeB && alpha === 1) return builder.add('MatMul', [a, b], output);
  const transA = { int: transposeA ? 1 : 0 };
  const transB = { int: transposeB ? 1 : 0 };
  if (a.shape.length === 2 && b.shape.length === 2) {
    return builder.add('Gemm', [a, b], output, { attributes: { transA, transB, alpha: { float: alpha } } });
  }
  return builder.add('FusedMatMul', [a, b], output, {
    domain: 'com.microsoft',
    attributes: { transA, transB, alpha: { float: alpha } },
  });
}

/** tfjs leaves this to its kernels. Two symbolic sizes of different names may still be equal. */
function assertInnerSizes(builder: GraphBuilder, a: Value, b: Value, left = 1, right = 1): void {
  const { symbols } = builder;
  if (left === right || (symbols.isSymbolic(left) && symbols.isSymbolic(right))) return;
  throw new RlvrError(
    'tensor/trace',
    `A matrix product of ${symbols.describe(a.shape)} and ${symbols.describe(b.shape)} sums over sizes that differ: ` +
      `${symbols.describeSize(left)} and ${symbols.describeSize(right)}.`,
  );
}

/** Registers matrix products. */
export function registerMatMulKernels(): void {
  defineKernel('BatchMatMul', ({ builder, input, attribute }) =>
    matMulNode(builder, input('a'), input('b'), {
      transposeA: attribute('transposeA') as boolean,
      transposeB: attribute('transposeB') as boolean,
    }),
  );
}
