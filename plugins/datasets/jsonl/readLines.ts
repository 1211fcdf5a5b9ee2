import { open, type FileHandle } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { RlvrError, messageOf } from '../../../core/errors.ts';

/** A line of a file and its number, from 1. */
export interface FileLine {
  readonly text: string;
  readonly number: number;
}

const largestFile = 256 * 1024 ** 2;
const longestLine = 4 * 1024 ** 2;
const CHUNK = 1024 ** 2;
const NEWLINE = 10;

/** An error about a data file, or one of its lines. */
export function invalidLine(
  file: string,
  line: number | undefined,
  problem: string,
  options?: ErrorOptions,
): RlvrError {
  const place = line === undefined ? file : `${file}:${line}`;
  return new RlvrError(
    'dataset/invalid',
    `${place}: ${problem}`,
    { file, ...(line === undefined ? {} : { line }) },
    options,
  );
}

/**
 * The lines of a UTF-8 file that are not blank, read in pieces; `sawBytes` is given every piece. Throws `dataset/invalid` for
 * what is no readable file, not UTF-8, or beyond the limits.
 */
export async function* readLines(file: string, sawBytes: (bytes: Uint8Array) => void): AsyncGenerator<FileLine> {
  const handle = await openFile(file);
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const buffer = Buffer.alloc(CHUNK);
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    let number = 0;
    const takeLine = (end: Buffer): FileLine => {
      number++;
      const bytes = Buffer.concat([...pending, end]);
      pending = [];
      pendingBytes = 0;
      return { text: decode(decoder, bytes, file, number), number };
    };
    for (let read = await handle.read(buffer); read.bytesRead > 0; read = await handle.read(buffer)) {
      const chunk = buffer.subarray(0, read.bytesRead);
      sawBytes(chunk);
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        yield takeLine(chunk.subarray(start, end));
        start = end + 1;
      }
      pendingBytes += chunk.length - start;
      if (pendingBytes > longestLine) {
        throw invalidLine(file, number + 1, `the line is longer than ${longestLine} bytes`);
      }
      pending.push(Buffer.from(chunk.subarray(start)));
    }
    if (pendingBytes > 0) {
      yield takeLine(Buffer.alloc(0));
    }
  } finally {
    await handle.close();
  }
}

async function openFile(file: string): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const status = await handle.stat();
    if (!status.isFile()) {
      throw new Error('not a regular file');
    }
    if (status.size > largestFile) {
      throw new Error(`larger than ${largestFile} bytes`);
    }
    return handle;
  } catch (error) {
    await handle?.close();
    throw invalidLine(file, undefined, `cannot be read as a data set (${messageOf(error)})`, { cause: error });
  }
}

function decode(decoder: TextDecoder, bytes: Buffer, file: string, number: number): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw invalidLine(file, number, 'the line is not UTF-8', { cause: error });
  }
}
