/** Number types of safetensors that are read and written here. Sub-byte and 8-bit floating-point types are not. */
export type SafetensorsDtype =
  'BOOL' | 'U8' | 'I8' | 'I16' | 'U16' | 'F16' | 'BF16' | 'I32' | 'U32' | 'F32' | 'F64' | 'I64' | 'U64';

/** Values in a tensor's own number type. F16 and BF16 are raw bits, BOOL is 0 or 1. */
export type TensorData =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

type Constructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => TensorData;

// In the order in which the reference implementation ranks types: its files are sorted by it, widest type first.
const dtypes: Readonly<Record<SafetensorsDtype, { bytes: number; array: Constructor }>> = {
  BOOL: { bytes: 1, array: Uint8Array },
  U8: { bytes: 1, array: Uint8Array },
  I8: { bytes: 1, array: Int8Array },
  I16: { bytes: 2, array: Int16Array },
  U16: { bytes: 2, array: Uint16Array },
  F16: { bytes: 2, array: Uint16Array },
  BF16: { bytes: 2, array: Uint16Array },
  I32: { bytes: 4, array: Int32Array },
  U32: { bytes: 4, array: Uint32Array },
  F32: { bytes: 4, array: Float32Array },
  F64: { bytes: 8, array: Float64Array },
  I64: { bytes: 8, array: BigInt64Array },
  U64: { bytes: 8, array: BigUint64Array },
};

/** All number types, in the reference implementation's order. */
export const safetensorsDtypes = Object.keys(dtypes) as readonly SafetensorsDtype[];

/** Whether a header's `dtype` is one that can be read. */
export function isSafetensorsDtype(name: unknown): name is SafetensorsDtype {
  return typeof name === 'string' && Object.hasOwn(dtypes, name);
}

/** Size of one value in bytes. */
export function bytesPerValue(dtype: SafetensorsDtype): number {
  return dtypes[dtype].bytes;
}

/** The bytes as values: a view of the same memory where it is aligned for the type, else a copy. `bytes` holds whole values. */
export function typedArrayOf(dtype: SafetensorsDtype, bytes: Uint8Array): TensorData {
  const { bytes: width, array } = dtypes[dtype];
  const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  return new array(aligned.buffer, aligned.byteOffset, bytes.byteLength / width);
}

/** Whether the array is the one that this number type is kept in. */
export function isArrayOf(dtype: SafetensorsDtype, data: TensorData): boolean {
  return data instanceof dtypes[dtype].array;
}
