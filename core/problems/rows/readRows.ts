import path from 'node:path';
import { invalidFile } from './dataFile.ts';
import { readJsonLines, readJsonRows } from './readJsonRows.ts';
import { readParquetRows } from './readParquetRows.ts';
import type { Row } from './row.ts';

/** How a table is stored. */
export type TableFormat = 'jsonl' | 'json' | 'parquet';

/** A file that rows are read from. */
export interface TableFile {
  /** Absolute. */
  readonly path: string;
  /** As messages call it. */
  readonly name: string;
  /** By the name's ending where left out. */
  readonly format?: TableFormat;
}

/** File names' endings by format. */
export const tableEndings: Readonly<Record<string, TableFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'json',
  '.parquet': 'parquet',
};

/** The rows of a file in its order. Of Parquet, other columns than `columns` may be left out. Throws `dataset/invalid`. */
export function readRows({ path: file, name, format }: TableFile, columns: readonly string[]): AsyncGenerator<Row> {
  const known = format ?? tableEndings[path.extname(name).toLowerCase()];
  if (known === 'jsonl') return readJsonLines(file, name);
  if (known === 'json') return readJsonRows(file, name);
  if (known === 'parquet') return readParquetRows(file, name, columns);
  throw invalidFile(name, `rows are read from files that end in ${Object.keys(tableEndings).join(', ')}`);
}
