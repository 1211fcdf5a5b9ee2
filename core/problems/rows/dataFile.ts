import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { messageOf, RlvrError } from '../../errors.ts';

const CHUNK = 4 * 1024 ** 2;

/** An error about a data file, or a place in it (`problems.jsonl:17`). */
export function invalidFile(place: string, problem: string, options?: ErrorOptions): RlvrError {
  return new RlvrError('dataset/invalid', `${place}: ${problem}`, { place }, options);
}

/** Opens a regular file for reading. Throws `dataset/invalid` for anything else. */
export async function openDataFile(file: string): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    if (!(await handle.stat()).isFile()) throw new Error('not a regular file');
    return handle;
  } catch (error) {
    await handle?.close();
    throw invalidFile(file, `cannot be read as a data set (${messageOf(error)})`, { cause: error });
  }
}

/** SHA-256 of a file's bytes, as 64 hexadecimal digits. Throws `dataset/invalid`. */
export async function hashDataFile(file: string): Promise<string> {
  const handle = await openDataFile(file);
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(CHUNK);
    for (let read = await handle.read(buffer); read.bytesRead > 0; read = await handle.read(buffer)) {
      hash.update(buffer.subarray(0, read.bytesRead));
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}
