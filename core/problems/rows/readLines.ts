import { TextDecoder } from 'node:util';
import { invalidFile, openDataFile } from './dataFile.ts';

/** A line of a file and its number, from 1. */
export interface FileLine {
  readonly text: string | undefined;
  readonly number: number;
}

const longestLine = 4 * 1024 ** 2;
const CHUNK = 1024 ** 2;
const NEWLINE = 10;

/**
 * The lines of a UTF-8 file, read in pieces; `text` is undefined where a line is not UTF-8. Throws `dataset/invalid` for what is no
 * readable file, or has a line beyond the limit.
 */
export async function* readLines(file: string): AsyncGenerator<FileLine> {
  const handle = await openDataFile(file);
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
      return { text: decode(decoder, bytes), number };
    };
    for (let read = await handle.read(buffer); read.bytesRead > 0; read = await handle.read(buffer)) {
      const chunk = buffer.subarray(0, read.bytesRead);
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        yield takeLine(chunk.subarray(start, end));
        start = end + 1;
      }
      pendingBytes += chunk.length - start;
      if (pendingBytes > longestLine) {
        throw invalidFile(`${file}:${number + 1}`, `the line is longer than ${longestLine} bytes`);
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

function decode(decoder: TextDecoder, bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
