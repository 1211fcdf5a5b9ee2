import type { TensorData } from '../../../core/tensor/compile.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import type { tf } from '../../../core/tensor/tf.ts';
import type { GraphDataType } from '../../../core/tensor/trace.ts';

/** A tensor that a case starts from. */
export interface CaseInput {
  readonly shape: readonly number[];
  readonly dtype: GraphDataType;
  readonly data: TensorData;
}

/** One use of an op. */
export interface KernelCase {
  readonly what: string;
  readonly inputs: readonly CaseInput[];
  run(...inputs: tf.Tensor[]): tf.Tensor | readonly tf.Tensor[];
  /** |a - b| <= tolerance max(1, |b|) */
  readonly tolerance?: number;
  /** Where ONNX Runtime does not keep to IEEE 754's sign of a result that is 0. */
  readonly zeroOfEitherSign?: boolean;
  /** Why the sizes of its inputs have to be numbers; else the case also runs with all of them symbolic (1 excepted, which broadcasts). */
  readonly fixedSizes?: string;
}

/** Cases by the name of the kernel they test. */
export type KernelCases = Readonly<Record<string, readonly KernelCase[]>>;

/** Values where functions differ most easily. */
export const edgeValues = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  6,
  7,
  1e-30,
  -1e-30,
  1e-7,
  88,
  -88,
  120,
  -120,
  1e30,
  -1e30,
  2 ** 24 + 2,
  3.4028234663852886e38,
];

/** A float32 tensor: of the values given, or normal ones that shape and seed choose. */
export function floats(shape: readonly number[], values: readonly number[] | number = 0): CaseInput {
  const data =
    typeof values === 'number'
      ? randomStream(values, 'case', shape.join()).normals(countOf(shape))
      : Float32Array.from(values);
  return { shape, dtype: 'float32', data: data.slice(0, countOf(shape)) };
}

/** An int32 tensor: of the values given, or random ones below a bound. */
export function ints(shape: readonly number[], values: readonly number[] | { readonly below: number }): CaseInput {
  if (!('below' in values)) return { shape, dtype: 'int32', data: Int32Array.from(values) };
  const random = randomStream(values.below, 'case', shape.join());
  return {
    shape,
    dtype: 'int32',
    data: Int32Array.from({ length: countOf(shape) }, () => random.integer(values.below)),
  };
}

/** A bool tensor: of the values given, or random ones. */
export function bools(shape: readonly number[], values?: readonly number[]): CaseInput {
  return { shape, dtype: 'bool', data: Uint8Array.from(values ?? ints(shape, { below: 2 }).data) };
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
