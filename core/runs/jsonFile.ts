import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { RlvrError } from '../errors.ts';
import { forbiddenKeys } from '../experiment/source.ts';

const largestFile = 64 * 1024 * 1024;

/** Parses JSON; keys with which an object could reach its prototype are dropped. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) => (forbiddenKeys.has(key) ? undefined : value));
}

/** Reads a JSON file of at most 64 MiB. Throws `run/corrupt` for one that is no JSON, and the system's error where it cannot be read. */
export function readJsonFile(file: string): unknown {
  const text = readTextFile(file, largestFile);
  try {
    return parseJson(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RlvrError('run/corrupt', `${file} is not valid JSON: ${reason}`, { file }, { cause: error });
  }
}

/** Reads a text file of at most `limit` bytes. Throws `run/corrupt` for a larger one. */
export function readTextFile(file: string, limit: number): string {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    if (size > limit) {
      throw new RlvrError('run/corrupt', `${file} has ${size} bytes; at most ${limit} were expected.`, {
        file,
        size,
        limit,
      });
    }
    const bytes = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const count = readSync(descriptor, bytes, filled, size - filled, filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.toString('utf8', 0, filled);
  } finally {
    closeSync(descriptor);
  }
}
