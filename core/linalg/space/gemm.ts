import { TILE } from '../kernels/gemmKernels.ts';
import { part, type Block } from './block.ts';
import type { Space } from './space.ts';

const BYTES = 8;
/** Entries along which products are summed at a time, rows of the left factor, and columns of the right one that are packed. */
const DEPTH = 256;
const ROWS = 96;
const COLUMNS = 512;

/** The strip of rows `row` ... `row` + 3, of which not all are there. */
function packRest(
  { values }: Space,
  { at, rows, columns, rowStride, columnStride }: Block,
  row: number,
  place: number,
): void {
  for (let entry = 0; entry < columns * TILE; entry++) {
    const [column, line] = [Math.floor(entry / TILE), row + (entry % TILE)];
    values[place + entry] = line < rows ? (values[at + line * rowStride + column * columnStride] ?? 0) : 0;
  }
}

/** Packs the rows of `source` in strips of 4, filled up with 0, to `target`. */
function pack(space: Space, source: Block, target: number): void {
  const { kernels } = space;
  const { at, rows, columns, rowStride, columnStride } = source;
  for (let row = 0; row < rows; row += TILE) {
    const place = target + row * columns;
    const [begin, end] = [place * BYTES, (place + columns * TILE) * BYTES];
    const start = (at + row * rowStride) * BYTES;
    if (rows - row < TILE) packRest(space, source, row, place);
    else if (rowStride === 1) kernels.packRows(begin, end, start, columnStride * BYTES);
    else kernels.packStrips(begin, end, start, columnStride * BYTES, rowStride * BYTES);
  }
}

/** Adds the 4 x 4 product at `source` to the part of `target` at (row, column) that there is. */
function addTile({ values }: Space, target: Block, row: number, column: number, source: number): void {
  const rows = Math.min(TILE, target.rows - row);
  const columns = Math.min(TILE, target.columns - column);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const place = target.at + (row + r) * target.rowStride + column + c;
      values[place] = (values[place] ?? 0) + (values[source + r * TILE + c] ?? 0);
    }
  }
}

/** target += factor * what is packed at `left` and `right`. */
function addPacked(space: Space, target: Block, factor: number, left: number, right: number, depth: number): void {
  const { kernels, values, scratch } = space;
  const strip = depth * TILE;
  const wholeRows = target.rows - (target.rows % TILE);
  const edge = scratch;
  for (let column = 0; column < target.columns; column += TILE) {
    const onRight = (right + column * depth) * BYTES;
    const isWhole = target.columns - column >= TILE;
    const stride = target.rowStride * BYTES;
    if (isWhole) {
      const end = (left + wholeRows * depth) * BYTES;
      kernels.tiles((target.at + column) * BYTES, stride, left * BYTES, end, onRight, strip * BYTES, factor);
    }
    for (let row = isWhole ? wholeRows : 0; row < target.rows; row += TILE) {
      const onLeft = (left + row * depth) * BYTES;
      values.fill(0, edge, edge + TILE * TILE);
      kernels.tiles(edge * BYTES, TILE * BYTES, onLeft, onLeft + strip * BYTES, onRight, strip * BYTES, factor);
      addTile(space, target, row, column, edge);
    }
  }
}

/** target += factor * left * right on this thread. The columns of `target` lie side by side; it overlaps neither factor. */
export function addProductHere(space: Space, target: Block, factor: number, left: Block, right: Block): void {
  const packedLeft = space.scratch + TILE * TILE;
  const packedRight = packedLeft + ROWS * DEPTH;
  for (let column = 0; column < target.columns; column += COLUMNS) {
    const width = Math.min(COLUMNS, target.columns - column);
    for (let step = 0; step < left.columns; step += DEPTH) {
      const depth = Math.min(DEPTH, left.columns - step);
      const strips = part(right, step, column, depth, width);
      pack(
        space,
        { ...strips, rows: width, columns: depth, rowStride: right.columnStride, columnStride: right.rowStride },
        packedRight,
      );
      for (let row = 0; row < target.rows; row += ROWS) {
        const height = Math.min(ROWS, target.rows - row);
        pack(space, part(left, row, step, height, depth), packedLeft);
        addPacked(space, part(target, row, column, height, width), factor, packedLeft, packedRight, depth);
      }
    }
  }
}
