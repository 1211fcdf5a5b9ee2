import { messageOf, RlvrError } from '../errors.ts';
import type { HeaderValue } from './headerJson.ts';
import { parseHeaderJson } from './headerJson.ts';
import type { SafetensorsDtype } from './safetensorsDtype.ts';
import { bytesPerValue, isSafetensorsDtype, safetensorsDtypes } from './safetensorsDtype.ts';

/** A tensor as the header describes it; `begin` and `end` are byte offsets inside the data that follows the header. */
export interface TensorSpan {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A checked header: tensors in the order of their bytes. */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorSpan>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The largest header that the format allows, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Bytes of the little-endian length that starts a file. */
export const LENGTH_BYTES = 8;

// Enough for any real model, and a bound on the size of the product of a shape.
const MAX_DIMENSIONS = 64;
const LONGEST_NAME_SHOWN = 200;

/** The error of a file that breaks the format. */
export function invalidSafetensors(path: string, problem: string, fields: { tensor?: string } = {}): RlvrError {
  const place =
    fields.tensor === undefined
      ? path
      : `${path}, tensor ${JSON.stringify(fields.tensor.slice(0, LONGEST_NAME_SHOWN))}`;
  return new RlvrError('safetensors/invalid', `${place}: ${problem}`, { path, ...fields });
}

/**
 * Length of the header in bytes, from the first eight bytes of a file of `fileBytes` bytes.
 *
 * @throws RlvrError `safetensors/invalid` if the file is shorter than that or the length cannot be true
 */
export function readHeaderLength(prefix: Uint8Array, fileBytes: number, path: string): number {
  if (fileBytes < LENGTH_BYTES || prefix.byteLength < LENGTH_BYTES) {
    throw invalidSafetensors(
      path,
      `${fileBytes} bytes is not a safetensors file; expected at least ${LENGTH_BYTES} (the header's length)`,
    );
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw invalidSafetensors(path, `the header claims ${length} bytes; expected at most ${MAX_HEADER_BYTES}`);
  }
  if (length > BigInt(fileBytes - LENGTH_BYTES)) {
    throw invalidSafetensors(
      path,
      `the header claims ${length} bytes, but only ${fileBytes - LENGTH_BYTES} follow: the file is cut short`,
    );
  }
  return Number(length);
}

/**
 * Checks a header against the `dataBytes` bytes that follow it: every tensor known in type and size, and all of them together
 * covering the data from its first byte to its last without gap or overlap.
 *
 * @throws RlvrError `safetensors/invalid`
 */
export function parseHeader(json: Uint8Array, dataBytes: number, path: string): SafetensorsHeader {
  const spans: [string, TensorSpan][] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of parseJson(json, path)) {
    if (name === '__metadata__') metadata = parseMetadata(value, path);
    else spans.push([name, parseSpan(name, value, path)]);
  }
  spans.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  checkCoverage(spans, dataBytes, path);
  return { tensors: new Map(spans), metadata };
}

function parseJson(json: Uint8Array, path: string): Map<string, HeaderValue> {
  try {
    return parseHeaderJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json));
  } catch (error) {
    throw invalidSafetensors(path, `the header is not valid: ${messageOf(error)}`);
  }
}

function parseMetadata(value: HeaderValue, path: string): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (!(value instanceof Map)) throw invalidSafetensors(path, '__metadata__ is not an object; expected one of strings');
  for (const [key, text] of value) {
    if (typeof text !== 'string')
      throw invalidSafetensors(path, `__metadata__ ${JSON.stringify(key)} is not a string; expected only strings`);
    metadata.set(key, text);
  }
  return metadata;
}

function parseSpan(tensor: string, value: HeaderValue, path: string): TensorSpan {
  const fail = (problem: string): never => {
    throw invalidSafetensors(path, problem, { tensor });
  };
  if (!(value instanceof Map)) return fail('is not an object; expected dtype, shape and data_offsets');
  for (const key of value.keys()) {
    if (!['dtype', 'shape', 'data_offsets'].includes(key))
      fail(`unknown key ${JSON.stringify(key)}; expected dtype, shape and data_offsets`);
  }
  const dtype = value.get('dtype');
  if (!isSafetensorsDtype(dtype))
    return fail(`dtype ${JSON.stringify(dtype)} cannot be read; choices: ${safetensorsDtypes.join(', ')}`);
  const shape = value.get('shape');
  if (!isIntegers(shape) || shape.length > MAX_DIMENSIONS) {
    return fail(`shape is not a list of at most ${MAX_DIMENSIONS} non-negative integers`);
  }
  const offsets = value.get('data_offsets');
  if (!isIntegers(offsets) || offsets.length !== 2) return fail('data_offsets is not a pair of non-negative integers');
  const [begin = 0, end = 0] = offsets;
  if (end < begin) fail(`data_offsets [${begin}, ${end}] end before they begin`);
  const bytes = shape.reduce((product, size) => product * BigInt(size), BigInt(bytesPerValue(dtype)));
  if (bytes !== BigInt(end - begin)) {
    fail(
      `data_offsets [${begin}, ${end}] hold ${end - begin} bytes; expected ${bytes} for ${dtype} [${shape.join(', ')}]`,
    );
  }
  return { dtype, shape, begin, end };
}

function isIntegers(value: HeaderValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function checkCoverage(sorted: readonly (readonly [string, TensorSpan])[], dataBytes: number, path: string): void {
  let covered = 0;
  for (const [tensor, { begin, end }] of sorted) {
    if (begin > covered)
      throw invalidSafetensors(path, `begins at byte ${begin}; expected ${covered}: a gap belongs to no tensor`, {
        tensor,
      });
    if (begin < covered)
      throw invalidSafetensors(path, `begins at byte ${begin}; expected ${covered}: it overlaps another tensor`, {
        tensor,
      });
    if (end > dataBytes)
      throw invalidSafetensors(path, `ends at byte ${end}, but only ${dataBytes} follow the header`, { tensor });
    covered = end;
  }
  if (covered !== dataBytes) {
    throw invalidSafetensors(
      path,
      `${dataBytes} bytes follow the header; expected ${covered}: ${dataBytes - covered} belong to no tensor`,
    );
  }
}
