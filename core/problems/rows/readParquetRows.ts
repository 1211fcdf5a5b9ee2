import type { FileHandle } from 'node:fs/promises';
import {
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { messageOf, RlvrError } from '../../errors.ts';
import { invalidFile, openDataFile } from './dataFile.ts';
import type { Row } from './row.ts';

/** A row group is read at once; larger ones do not come from any common writer. */
const mostGroupRows = 8_000_000;
const mostGroupBytes = 4 * 1024 ** 3;

/**
 * The rows of a Parquet file, row group by row group; only the columns whose names, or whose paths' first parts, are among `columns` are
 * read. Throws `dataset/invalid`.
 */
export async function* readParquetRows(file: string, name: string, columns: readonly string[]): AsyncGenerator<Row> {
  const handle = await openDataFile(file);
  try {
    const buffer = await bufferOf(handle);
    const metadata = await reading(file, () => parquetMetadataAsync(buffer));
    checkMetadata(file, metadata, buffer.byteLength);
    const own = parquetSchema(metadata).children.map(({ element }) => element.name);
    const wanted = own.filter((column) => columns.some((path) => path === column || path.startsWith(`${column}.`)));
    let first = 0;
    for (const group of metadata.row_groups) {
      const last = first + Number(group.num_rows);
      const rows = await readGroup(file, { buffer, metadata, wanted, own, first, last });
      for (const [index, values] of rows.entries()) yield { place: `${name}:${first + index + 1}`, values };
      first = last;
    }
  } finally {
    await handle.close();
  }
}

interface Group {
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly wanted: readonly string[];
  readonly own: readonly string[];
  readonly first: number;
  readonly last: number;
}

/** Rows without any of the columns still say which ones the file has, so that a message can. */
async function readGroup(
  file: string,
  { buffer, metadata, wanted, own, first, last }: Group,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  if (wanted.length === 0) {
    const empty = Object.fromEntries(own.map((column) => [column, undefined]));
    return Array.from({ length: last - first }, () => empty);
  }
  const range = { rowStart: first, rowEnd: last };
  const rows = await reading(file, () =>
    parquetReadObjects({ file: buffer, metadata, columns: [...wanted], compressors, ...range }),
  );
  if (rows.length === last - first) return rows;
  throw invalidFile(file, `rows ${first + 1} to ${last} are ${rows.length} rows`);
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      const bytes = new ArrayBuffer(Math.max(0, Math.min(end, size) - start));
      const { bytesRead } = await handle.read(new Uint8Array(bytes), 0, bytes.byteLength, start);
      if (bytesRead < bytes.byteLength) throw new Error(`the file ends at byte ${start + bytesRead}`);
      return bytes;
    },
  };
}

/** Sizes that a damaged or hostile file claims are checked before anything is made of that size. */
function checkMetadata(file: string, metadata: FileMetaData, size: number): void {
  let rows = 0n;
  for (const group of metadata.row_groups) {
    rows += group.num_rows;
    if (group.num_rows < 0n || group.num_rows > mostGroupRows || group.total_byte_size > mostGroupBytes) {
      throw invalidFile(file, `a row group of ${group.num_rows} rows and ${group.total_byte_size} bytes is too large`);
    }
    for (const { meta_data: column } of group.columns) {
      if (column === undefined || column.total_compressed_size > size) {
        throw invalidFile(file, 'not a whole Parquet file: a column lies outside of it');
      }
    }
  }
  if (rows !== metadata.num_rows) throw invalidFile(file, `has ${rows} rows where its end says ${metadata.num_rows}`);
}

async function reading<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RlvrError) throw error;
    throw invalidFile(file, `cannot be read as Parquet (${messageOf(error)})`, { cause: error });
  }
}
