import { diagonalize } from '../bidiagonalSvd.ts';
import { bidiagonalize, type BidiagonalForm } from './bidiagonalize.ts';
import { part, turned, type Block } from './block.ts';
import { divideAndConquer } from './divide.ts';
import { clear } from './lines.ts';
import { applyReflectors, lineQr, type LineReflectors } from './lineQr.ts';
import { aligned, lineStride, type Allocator } from './space.ts';
import { addProduct } from './productChunk.ts';
import type { Team } from './team.ts';
import { largestOf, load, store, type RawMatrix } from './transfer.ts';

/** From this ratio of sides on a QR factorisation comes first. */
const LONG = 1.2;

/** What is wanted of a matrix. */
export interface DecompositionRequest {
  readonly source: RawMatrix;
  /** `shorter`: the right vectors, or the left ones where there are fewer rows than columns. */
  readonly vectors: 'none' | 'shorter' | 'both';
  /** Vectors of so many of the largest values only. */
  readonly most?: number;
  /** `factor` * left * right, which is added to the source. */
  readonly update?: { readonly left: RawMatrix; readonly right: RawMatrix; readonly factor: number };
}

/** Where the answer lies. */
export interface Decomposition {
  /** All of them, largest first. */
  readonly values: Float64Array;
  /** Rows x `leftCount`, row-major. */
  readonly left: number;
  readonly leftCount: number;
  /** Columns x `rightCount`, row-major. */
  readonly right: number;
  readonly rightCount: number;
}

/** Doubles that a decomposition of a matrix takes at most, with an update of rank `rank`, themselves included. */
export function roomFor(rows: number, columns: number, rank = 0): number {
  const [short, long] = [Math.min(rows, columns), Math.max(rows, columns)];
  const [shortLines, longLines] = [(short + 4) * lineStride(short), (short + 4) * lineStride(long)];
  const update = rank * (rows + columns) + (rows + 4) * lineStride(rank) + (rank + 4) * lineStride(columns);
  return (
    update + 3 * longLines + 8 * shortLines + 8 * 64 * (2 * short + 64) + (2 * 34 + 4 + 16) * (long + short + 64) + 4096
  );
}

/** About how many floating-point operations a decomposition tells its team of. */
export function operationsOf({ source, vectors, most }: DecompositionRequest): number {
  const [short, long] = [Math.min(source.rows, source.columns), Math.max(source.rows, source.columns)];
  const count = Math.min(short, most ?? short);
  const isLong = long > LONG * short;
  const reduction =
    (8 / 3) * short ** 3 + (isLong ? 2 * long * short ** 2 - short ** 3 : 2 * (long - short) * short ** 2);
  if (vectors === 'none') return reduction;
  const onShort = short ** 2 * (short / 3 + 3 * count);
  const onLong = vectors === 'both' ? onShort + (isLong ? 4 * long * short * count : 0) : 0;
  return reduction + onShort + onLong;
}

/** A power of two that brings `largest` near 1, so that squares of entries neither overflow nor vanish. */
function balancing(largest: number): number {
  return largest === 0 ? 1 : 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(largest))));
}

/** A matrix whose entries are not all finite. */
export class NotFinite extends Error {}

/** The largest entry that there may be. Throws `NotFinite`. */
function largestIn(team: Team, { source, update }: DecompositionRequest, room: number): number {
  const largest = largestOf(team, source, room);
  const added = update === undefined ? 0 : productOf(update);
  if (!(largest + added < Number.POSITIVE_INFINITY)) throw new NotFinite();
  return Math.max(largest, added);

  function productOf({ left, right, factor }: NonNullable<DecompositionRequest['update']>): number {
    return Math.abs(factor) * left.columns * largestOf(team, left, room) * largestOf(team, right, room);
  }
}

/** The matrix, times `factor`, as lines: its rows where it is wide, else its columns. */
function loadLines(team: Team, request: DecompositionRequest, factor: number, allocator: Allocator): Block {
  const { source, update } = request;
  const isWide = source.rows < source.columns;
  const lines = isWide ? allocator.lines(source.rows, source.columns) : allocator.lines(source.columns, source.rows);
  load(team, source, lines, factor, !isWide);
  if (update === undefined) return lines;
  const used = allocator.used;
  const copy = (raw: RawMatrix): Block => {
    const block = allocator.lines(raw.rows, raw.columns);
    load(team, raw, block, 1, false);
    return block;
  };
  const [left, right] = [copy(update.left), copy(update.right)];
  const scale = factor * update.factor;
  if (isWide) addProduct(team, lines, scale, left, right);
  else addProduct(team, lines, scale, turned(right), turned(left));
  allocator.release(used);
  return lines;
}

/** Singular values, and vectors if wanted, of a matrix that lies in the team's memory. */
export function decompose(team: Team, request: DecompositionRequest, allocator: Allocator): Decomposition {
  const { source, vectors } = request;
  const { rows, columns } = source;
  const count = Math.min(rows, columns);
  const nothing = { left: 0, leftCount: 0, right: 0, rightCount: 0 };
  const largest = largestIn(team, request, allocator.numbers(8));
  if (count === 0) return { values: new Float64Array(0), ...nothing };
  const factor = balancing(largest);
  const lines = loadLines(team, request, factor, allocator);
  const isLong = lines.columns > LONG * lines.rows;
  const outer = isLong ? lineQr(team, lines, allocator) : undefined;
  const form = bidiagonalize(team, outer?.upper ?? lines, allocator);
  const { diagonal, above } = form;
  if (vectors === 'none') {
    diagonalize({ diagonal, above, left: undefined, right: undefined });
    const values = diagonal.map((value) => Math.abs(value) / factor).sort((a, b) => b - a);
    return { values, ...nothing };
  }
  const most = Math.min(count, request.most ?? count);
  const inner = divideAndConquer(team, diagonal, above, { left: vectors === 'both', most }, allocator);
  const order = [...inner.values.keys()].sort((a, b) => (inner.values[b] ?? 0) - (inner.values[a] ?? 0));
  const values = Float64Array.from(order, (index) => (inner.values[index] ?? 0) / factor);
  const orderPlace = allocator.numbers(aligned(count));
  team.space.values.set(order, orderPlace);
  const shortLines = part(inner.right, 0, 0, most);
  applyReflectors(team, shortLines, { lines: form.right, taus: form.rightTaus, offset: 1 }, allocator);
  const short = allocator.numbers(most * count);
  store(team, shortLines, orderPlace, short);
  const top = inner.left === undefined ? undefined : part(inner.left, 0, 0, most);
  const long = top === undefined ? 0 : storeLong(team, top, form, outer?.reflectors, lines, orderPlace, allocator);
  const longCount = top === undefined ? 0 : most;
  return rows < columns
    ? { values, left: short, leftCount: most, right: long, rightCount: longCount }
    : { values, left: long, leftCount: longCount, right: short, rightCount: most };
}

/** Brings the vectors of the longer side from those of the bidiagonal form, and stores them. */
function storeLong(
  team: Team,
  inner: Block,
  form: BidiagonalForm,
  outer: LineReflectors | undefined,
  lines: Block,
  order: number,
  allocator: Allocator,
): number {
  const { values } = team.space;
  const target = allocator.lines(inner.rows, lines.columns);
  clear(team.space, target);
  for (let line = 0; line < inner.rows; line++) {
    const source = inner.at + line * inner.rowStride;
    values.copyWithin(target.at + line * target.rowStride, source, source + inner.columns);
  }
  const short = part(target, 0, 0, target.rows, form.left.columns);
  applyReflectors(team, short, { lines: form.left, taus: form.leftTaus, offset: 0 }, allocator);
  if (outer !== undefined) applyReflectors(team, target, outer, allocator);
  // The reflectors have done their work.
  store(team, target, order, lines.at);
  return lines.at;
}
