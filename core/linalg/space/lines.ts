import type { Block } from './block.ts';
import type { Space } from './space.ts';

const BYTES = 8;
const AT_ONCE = 4;

/** values[target + k] = line k · the vector at `vector`, for all lines of the block. Everything begins and ends aligned. */
export function lineDots({ kernels }: Space, target: number, vector: number, lines: Block): void {
  const length = lines.columns * BYTES;
  const [start, stride] = [vector * BYTES, lines.rowStride * BYTES];
  let line = 0;
  for (; line + AT_ONCE <= lines.rows; line += AT_ONCE) {
    kernels.dots4((target + line) * BYTES, start, start + length, lines.at * BYTES + line * stride, stride);
  }
  for (; line < lines.rows; line++) {
    kernels.dot((target + line) * BYTES, start, start + length, lines.at * BYTES + line * stride, stride);
  }
}

/** target += factor * sum over k of values[coefficients + k] * line k. Everything begins and ends aligned. */
export function addLines(space: Space, target: number, coefficients: number, factor: number, lines: Block): void {
  const { kernels } = space;
  const [start, stride] = [target * BYTES, lines.rowStride * BYTES];
  const end = start + lines.columns * BYTES;
  let line = 0;
  for (; line + AT_ONCE <= lines.rows; line += AT_ONCE) {
    kernels.combine4(start, end, (coefficients + line) * BYTES, factor, lines.at * BYTES + line * stride, stride);
  }
  for (; line < lines.rows; line++) {
    kernels.combine1(start, end, (coefficients + line) * BYTES, factor, lines.at * BYTES + line * stride, stride);
  }
}

/** Sets every entry of the lines, and what pads them, to 0. */
export function clear({ values }: Space, lines: Block): void {
  for (let line = 0; line < lines.rows; line++) {
    const start = lines.at + line * lines.rowStride;
    values.fill(0, start, start + lines.rowStride);
  }
}

/** values[target + k] = entry `column` of line k. */
export function gather({ values }: Space, target: number, lines: Block, column: number): void {
  for (let line = 0; line < lines.rows; line++) {
    values[target + line] = values[lines.at + line * lines.rowStride + column] ?? 0;
  }
}
