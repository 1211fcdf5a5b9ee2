import { writeFileAtomically } from './atomicFile.ts';
import type { SafetensorsDtype, TensorData } from './safetensorsDtype.ts';
import { bytesPerValue, isArrayOf, isSafetensorsDtype, safetensorsDtypes } from './safetensorsDtype.ts';
import { invalidSafetensors, LENGTH_BYTES, MAX_HEADER_BYTES } from './safetensorsHeader.ts';

/** A tensor to write: values row-major, in the array that `read` gives for this number type. */
export interface SafetensorsTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/**
 * Writes a safetensors file, atomically. The same tensors and metadata give the same bytes: tensors lie in the reference
 * implementation's order (widest number type first, then by name), metadata by key, and the header is padded so that data is 8-byte
 * aligned.
 *
 * @throws RlvrError `safetensors/invalid` if a tensor's shape, type and values disagree, `run/unwritable` if the file cannot be written;
 *   either way `path` holds what it held before
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  writeFileAtomically(path, serializeSafetensors(tensors, metadata, path));
}

/** The parts of the file that `writeSafetensors` writes; their concatenation is the file. */
export function serializeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
  path = 'safetensors data',
): Uint8Array[] {
  const sorted = [...tensors].sort(
    ([a, left], [b, right]) => rank(right) - rank(left) || Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) fields.push(`"__metadata__":${JSON.stringify(sortedByKey(metadata))}`);
  const data: Uint8Array[] = [];
  let end = 0;
  for (const [name, tensor] of sorted) {
    checkTensor(name, tensor, path);
    const begin = end;
    end += tensor.data.byteLength;
    fields.push(
      `${JSON.stringify(name)}:${JSON.stringify({ dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] })}`,
    );
    data.push(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
  }
  return [...encodeHeader(`{${fields.join(',')}}`, path), ...data];
}

function encodeHeader(json: string, path: string): [Uint8Array, Uint8Array] {
  const bytes = Buffer.byteLength(json);
  const header = Buffer.from(json + ' '.repeat((LENGTH_BYTES - (bytes % LENGTH_BYTES)) % LENGTH_BYTES));
  if (header.byteLength > MAX_HEADER_BYTES) {
    throw invalidSafetensors(
      path,
      `the header would take ${header.byteLength} bytes; expected at most ${MAX_HEADER_BYTES}`,
    );
  }
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(header.byteLength));
  return [length, header];
}

function checkTensor(tensor: string, { dtype, shape, data }: SafetensorsTensor, path: string): void {
  const fail = (problem: string): never => {
    throw invalidSafetensors(path, `cannot be written: ${problem}`, { tensor });
  };
  if (tensor === '__metadata__') fail('the name is reserved for metadata');
  if (/\p{Surrogate}/u.test(tensor)) fail('the name is not valid Unicode');
  if (!isSafetensorsDtype(dtype)) fail(`unknown dtype ${String(dtype)}; choices: ${safetensorsDtypes.join(', ')}`);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    fail(`shape [${shape.join(', ')}] is not of non-negative integers`);
  if (!isArrayOf(dtype, data)) fail(`${data.constructor.name} cannot hold ${dtype}`);
  const bytes = shape.reduce((product, size) => product * BigInt(size), BigInt(bytesPerValue(dtype)));
  if (bytes !== BigInt(data.byteLength))
    fail(`${data.byteLength} bytes of data; expected ${bytes} for ${dtype} [${shape.join(', ')}]`);
}

function rank(tensor: SafetensorsTensor): number {
  return safetensorsDtypes.indexOf(tensor.dtype);
}

function sortedByKey(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}
