import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { widenBfloat16, widenFloat16 } from './halfPrecision.ts';
import type { SafetensorsDtype, TensorData } from './safetensorsDtype.ts';
import { typedArrayOf } from './safetensorsDtype.ts';
import type { SafetensorsHeader, TensorSpan } from './safetensorsHeader.ts';
import { invalidSafetensors, LENGTH_BYTES, parseHeader, readHeaderLength } from './safetensorsHeader.ts';

/** An open safetensors file whose header has been checked. Tensors are read when they are asked for. */
export interface SafetensorsFile {
  /** Where it came from, for messages. */
  readonly path: string;
  /** Names of the tensors in the order of their bytes. */
  readonly names: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Number type and shape. @throws RlvrError `safetensors/invalid` if there is no such tensor */
  info(name: string): { readonly dtype: SafetensorsDtype; readonly shape: readonly number[] };
  /** Values in the tensor's own type, row-major. A view of the memory given to `parseSafetensors` where alignment allows. */
  read(name: string): TensorData;
  /** Values of an F32, F16, BF16 or F64 tensor as float32, row-major. @throws RlvrError `safetensors/invalid` for other types */
  readFloat32(name: string): Float32Array;
  /** Closes the file. Later reads fail; closing twice is allowed. */
  close(): void;
}

type ReadBytes = (begin: number, end: number) => Uint8Array;

/**
 * Opens a file and checks its header; see `parseHeader` for what is refused.
 *
 * @throws RlvrError `safetensors/invalid`, also if the file cannot be read
 */
export function openSafetensors(path: string): SafetensorsFile {
  const { descriptor, bytes } = openRegularFile(path);
  let isOpen = true;
  const read: ReadBytes = (begin, end) => {
    if (!isOpen) throw invalidSafetensors(path, 'was read after it had been closed');
    return readFully(descriptor, begin, end, path);
  };
  const close = (): void => {
    if (isOpen) closeSync(descriptor);
    isOpen = false;
  };
  try {
    const length = readHeaderLength(read(0, Math.min(LENGTH_BYTES, bytes)), bytes, path);
    const data = LENGTH_BYTES + length;
    const header = parseHeader(read(LENGTH_BYTES, data), bytes - data, path);
    return safetensorsFile(path, header, (begin, end) => read(data + begin, data + end), close);
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * The same over a file's bytes in memory. Reads give views of it where alignment allows.
 *
 * @throws RlvrError `safetensors/invalid`
 */
export function parseSafetensors(bytes: Uint8Array, path = 'safetensors data'): SafetensorsFile {
  const data = LENGTH_BYTES + readHeaderLength(bytes, bytes.byteLength, path);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, data), bytes.byteLength - data, path);
  return safetensorsFile(
    path,
    header,
    (begin, end) => bytes.subarray(data + begin, data + end),
    () => undefined,
  );
}

function safetensorsFile(
  path: string,
  header: SafetensorsHeader,
  readBytes: ReadBytes,
  close: () => void,
): SafetensorsFile {
  const { tensors, metadata } = header;

  function span(tensor: string): TensorSpan {
    const found = tensors.get(tensor);
    if (found !== undefined) return found;
    const names = [...tensors.keys()];
    const shown = names.slice(0, 10).join(', ') + (names.length > 10 ? `, and ${names.length - 10} more` : '');
    throw invalidSafetensors(path, `there is no such tensor; the file holds ${shown || 'none'}`, { tensor });
  }

  function read(name: string): TensorData {
    const { dtype, begin, end } = span(name);
    return typedArrayOf(dtype, readBytes(begin, end));
  }

  function readFloat32(tensor: string): Float32Array {
    const { dtype } = span(tensor);
    const data = read(tensor);
    if (data instanceof Float32Array) return data;
    if (data instanceof Float64Array) return Float32Array.from(data);
    if (dtype === 'F16' && data instanceof Uint16Array) return widenFloat16(data);
    if (dtype === 'BF16' && data instanceof Uint16Array) return widenBfloat16(data);
    throw invalidSafetensors(path, `holds ${dtype}; expected floating-point numbers: F32, F16, BF16 or F64`, {
      tensor,
    });
  }

  const info = (name: string): { dtype: SafetensorsDtype; shape: readonly number[] } => {
    const { dtype, shape } = span(name);
    return { dtype, shape };
  };
  return { path, names: [...tensors.keys()], metadata, info, read, readFloat32, close };
}

function openRegularFile(path: string): { descriptor: number; bytes: number } {
  try {
    // Opening a pipe would wait for its other end, so what it is comes first.
    if (!statSync(path).isFile()) throw new Error('it is not a file');
    const descriptor = openSync(path, 'r');
    return { descriptor, bytes: fstatSync(descriptor).size };
  } catch (error) {
    throw invalidSafetensors(path, `cannot be read: ${messageOf(error)}`);
  }
}

function readFully(descriptor: number, begin: number, end: number, path: string): Uint8Array {
  // A single read takes at most 2 GiB.
  const limit = 2 ** 30;
  try {
    const bytes = new Uint8Array(end - begin);
    for (let at = 0; at < bytes.byteLength;) {
      const read = readSync(descriptor, bytes, at, Math.min(limit, bytes.byteLength - at), begin + at);
      if (read === 0) throw new Error(`it ends at byte ${begin + at}, and had more when it was opened`);
      at += read;
    }
    return bytes;
  } catch (error) {
    throw invalidSafetensors(path, `bytes ${begin} to ${end} cannot be read: ${messageOf(error)}`);
  }
}
