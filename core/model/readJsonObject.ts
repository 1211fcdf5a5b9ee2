import { readFileSync, statSync } from 'node:fs';
import type { ErrorCode } from '../errors.ts';
import { messageOf, RlvrError } from '../errors.ts';

/** A JSON object as it was parsed. `null` inside it is JSON's. */
export type JsonObject = Readonly<Record<string, unknown>>;

// Deeper than any real file, and shallow enough for every recursive function that will see the value.
const MAX_DEPTH = 100;

/**
 * Reads a file of UTF-8 text.
 *
 * @throws RlvrError `code`, if it cannot be read, is not a file, is larger than `maxBytes` or not UTF-8
 */
export function readTextFile(file: string, code: ErrorCode, maxBytes: number): string {
  try {
    const status = statSync(file);
    if (!status.isFile()) throw new Error('it is not a file');
    if (status.size > maxBytes) throw new Error(`it has ${status.size} bytes; expected at most ${maxBytes}`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    throw new RlvrError(code, `${file} cannot be read: ${messageOf(error)}`, { path: file }, { cause: error });
  }
}

/**
 * Reads a JSON file that holds an object, at most 100 levels deep.
 *
 * @throws RlvrError `code`, if the file cannot be read or is anything else
 */
export function readJsonObject(file: string, code: ErrorCode, maxBytes: number): JsonObject {
  const text = readTextFile(file, code, maxBytes);
  const fail = (problem: string): never => {
    throw new RlvrError(code, `${file} is not valid: ${problem}`, { path: file });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(messageOf(error));
  }
  if (!isJsonObject(value)) return fail('expected a JSON object');
  if (isDeeperThan(MAX_DEPTH, value)) fail(`more than ${MAX_DEPTH} levels`);
  return value;
}

/** Whether a parsed JSON value is an object, not a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && Boolean(value) && !Array.isArray(value);
}

function isDeeperThan(limit: number, value: object): boolean {
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap(
      (item) => Object.values(item).filter((child) => typeof child === 'object' && Boolean(child)) as object[],
    );
  }
  return false;
}
