/** A matrix inside a `Space`. Places and strides count doubles. */
export interface Block {
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
  /** From an entry to the one below it. */
  readonly rowStride: number;
  /** From an entry to the one right of it. */
  readonly columnStride: number;
}

/** Doubles that a block takes as `Space.run` is given it. */
export const BLOCK_NUMBERS = 5;

/** The rectangle of `rows` x `columns` entries that begins at (`row`, `column`). */
export function part(
  block: Block,
  row: number,
  column: number,
  rows = block.rows - row,
  columns = block.columns - column,
): Block {
  const at = block.at + row * block.rowStride + column * block.columnStride;
  return { at, rows, columns, rowStride: block.rowStride, columnStride: block.columnStride };
}

/** The same entries, transposed. */
export function turned({ at, rows, columns, rowStride, columnStride }: Block): Block {
  return { at, rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride };
}

/** A block as numbers. */
export function blockNumbers({ at, rows, columns, rowStride, columnStride }: Block): number[] {
  return [at, rows, columns, rowStride, columnStride];
}

/** A block from `BLOCK_NUMBERS` numbers, beginning with number `from`. */
export function blockFrom(numbers: ArrayLike<number>, from = 0): Block {
  const number = (index: number): number => numbers[from + index] ?? 0;
  return { at: number(0), rows: number(1), columns: number(2), rowStride: number(3), columnStride: number(4) };
}
