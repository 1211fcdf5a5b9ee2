import type { Matrix } from './matrix.ts';

const ROWS_AT_ONCE = 4;
/** Sums of squares below this have lost digits. */
const SAFE_SQUARE = 1e-280;

/** A plane rotation with c f + s g = r and -s f + c g = 0. */
export interface Rotation {
  readonly c: number;
  readonly s: number;
  readonly r: number;
}

/** The rotation that takes (f, g) to (r, 0). */
export function rotationFor(f: number, g: number): Rotation {
  if (g === 0) {
    return { c: 1, s: 0, r: f };
  }
  if (f === 0) {
    return { c: 0, s: 1, r: g };
  }
  const squares = f * f + g * g;
  const r = squares > SAFE_SQUARE ? Math.sqrt(squares) : Math.hypot(f, g);
  return { c: f / r, s: g / r, r };
}

/**
 * Rotations of neighbouring columns, waiting to be applied to a matrix many at a time, because a matrix that does not fit a cache
 * is then read once for all of them. A sweep rotates columns (first, first + 1), (first + 1, first + 2), ... in this order.
 */
export class PendingRotations {
  private readonly target: Matrix;
  private readonly limit: number;
  private readonly firsts: number[] = [];
  private readonly ends: number[] = [];
  private readonly cosines: Float64Array;
  private readonly sines: Float64Array;
  private count = 0;

  /** Rotations of the columns of `target`, at most `sweeps` full sweeps waiting. */
  constructor(target: Matrix, sweeps = 16) {
    this.target = target;
    this.limit = sweeps * Math.max(1, target.columns);
    this.cosines = new Float64Array(this.limit);
    this.sines = new Float64Array(this.limit);
  }

  /** Begins a sweep at column `first` of `length` rotations, which `add` then gives one by one. */
  beginSweep(first: number, length: number): void {
    if (this.count + length > this.limit) {
      this.apply();
    }
    this.firsts.push(first);
    this.ends.push(this.count + length);
  }

  /** The next rotation: columns (x, y) become (c x + s y, c y - s x). */
  add(c: number, s: number): void {
    this.cosines[this.count] = c;
    this.sines[this.count] = s;
    this.count += 1;
  }

  /** Applies everything that waits. */
  apply(): void {
    const { rows } = this.target;
    let row = 0;
    for (; row + ROWS_AT_ONCE <= rows; row += ROWS_AT_ONCE) {
      this.rotateFourRows(row);
    }
    for (; row < rows; row++) {
      this.rotateRow(row);
    }
    this.firsts.length = 0;
    this.ends.length = 0;
    this.count = 0;
  }

  private rotateRow(row: number): void {
    const { columns, data } = this.target;
    let at = 0;
    for (const [sweep, first] of this.firsts.entries()) {
      let place = row * columns + first;
      let carried = data[place] ?? 0;
      for (const end = this.ends[sweep] ?? 0; at < end; at++) {
        const c = this.cosines[at] ?? 0;
        const s = this.sines[at] ?? 0;
        const next = data[place + 1] ?? 0;
        data[place] = c * carried + s * next;
        carried = c * next - s * carried;
        place += 1;
      }
      data[place] = carried;
    }
  }

  /** Four rows at a time, because the rotations of one row wait for each other. */
  private rotateFourRows(row: number): void {
    const { cosines, sines } = this;
    const { columns, data } = this.target;
    let at = 0;
    for (const [sweep, first] of this.firsts.entries()) {
      let place0 = row * columns + first;
      let place1 = place0 + columns;
      let place2 = place1 + columns;
      let place3 = place2 + columns;
      let carried0 = data[place0] ?? 0;
      let carried1 = data[place1] ?? 0;
      let carried2 = data[place2] ?? 0;
      let carried3 = data[place3] ?? 0;
      for (const end = this.ends[sweep] ?? 0; at < end; at++) {
        const c = cosines[at] ?? 0;
        const s = sines[at] ?? 0;
        const next0 = data[place0 + 1] ?? 0;
        const next1 = data[place1 + 1] ?? 0;
        const next2 = data[place2 + 1] ?? 0;
        const next3 = data[place3 + 1] ?? 0;
        data[place0++] = c * carried0 + s * next0;
        data[place1++] = c * carried1 + s * next1;
        data[place2++] = c * carried2 + s * next2;
        data[place3++] = c * carried3 + s * next3;
        carried0 = c * next0 - s * carried0;
        carried1 = c * next1 - s * carried1;
        carried2 = c * next2 - s * carried2;
        carried3 = c * next3 - s * carried3;
      }
      data[place0] = carried0;
      data[place1] = carried1;
      data[place2] = carried2;
      data[place3] = carried3;
    }
  }
}
