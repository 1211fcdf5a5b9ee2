import { messageOf } from '../../errors.ts';
import { invalidFile, openDataFile } from './dataFile.ts';
import { readLines } from './readLines.ts';
import type { Row } from './row.ts';

const largestList = 256 * 1024 ** 2;

/** The rows of a JSON Lines file, one object a line. Throws as `readLines` does. */
export async function* readJsonLines(file: string, name: string): AsyncGenerator<Row> {
  for await (const { text, number } of readLines(file)) {
    const place = `${name}:${number}`;
    if (text === undefined) yield { place, values: {}, problem: 'the line is not UTF-8' };
    else if (text.trim() !== '') yield parseLine(place, text);
  }
}

/** The rows of a `.json` file: a list of objects, or JSON Lines under that name. Throws `dataset/invalid`. */
export async function* readJsonRows(file: string, name: string): AsyncGenerator<Row> {
  const list = await readList(file);
  if (list === undefined) {
    yield* readJsonLines(file, name);
    return;
  }
  for (const [index, row] of list.entries()) yield rowOf(`${name}:${index + 1}`, row, 'the row');
}

function parseLine(place: string, text: string): Row {
  try {
    return rowOf(place, JSON.parse(text), 'the line');
  } catch {
    return { place, values: {}, problem: 'the line is not JSON' };
  }
}

function rowOf(place: string, row: unknown, what: string): Row {
  if (typeof row === 'object' && row && !Array.isArray(row)) return { place, values: row as Record<string, unknown> };
  return { place, values: {}, problem: `${what} is not a JSON object` };
}

/** The list that a file consists of; undefined where it begins with something else than one. */
async function readList(file: string): Promise<readonly unknown[] | undefined> {
  const handle = await openDataFile(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1024), 0, 1024, 0);
    if (!buffer.toString('utf8', 0, bytesRead).trimStart().startsWith('[')) return undefined;
    const { size } = await handle.stat();
    if (size > largestList) {
      throw invalidFile(
        file,
        `a JSON list of more than ${largestList} bytes; write one object a line (.jsonl) instead`,
      );
    }
    return parseList(file, await handle.readFile({ encoding: 'utf8' }));
  } finally {
    await handle.close();
  }
}

function parseList(file: string, text: string): readonly unknown[] {
  try {
    return JSON.parse(text.replace(/^\ufeff/u, '')) as readonly unknown[];
  } catch (error) {
    throw invalidFile(file, `the file is not JSON (${messageOf(error)})`, { cause: error });
  }
}
