import { ALIGNMENT } from '../kernels/vectorKernels.ts';
import { part, turned, type Block } from './block.ts';
import { clear, lineDots } from './lines.ts';
import { addProduct } from './productChunk.ts';
import { reflect } from './reflect.ts';
import { aligned, lineStride, type Allocator, type Space } from './space.ts';
import type { Team } from './team.ts';

const PANEL = 32;
const BYTES = 8;

/** Householder reflectors H_0 H_1 ...: line k is the vector of H_k, 0 before entry k + `offset` and 1 at it. */
export interface LineReflectors {
  readonly lines: Block;
  readonly taus: Float64Array;
  readonly offset: number;
}

/** Room for the products of blocks of reflectors with at most `count` lines. */
interface PanelRoom {
  readonly gram: Block;
  readonly factor: Block;
  readonly projected: Block;
  readonly weighted: Block;
}

/** Doubles that the functions of this file take, for lines up to this number. */
export function roomForReflectors(count: number): number {
  return 2 * (PANEL + count) * lineStride(PANEL) + 2 * PANEL;
}

function panelRoom(allocator: Allocator, count: number): PanelRoom {
  return {
    gram: allocator.lines(PANEL, PANEL),
    factor: allocator.lines(PANEL, PANEL),
    projected: allocator.lines(count, PANEL),
    weighted: allocator.lines(count, PANEL),
  };
}

/**
 * The upper triangle T with H_from ... H_(from + n - 1) = I - V T Vᵀ, the vectors being the columns of V, which `panel` has as lines (R.
 * Schreiber, C. Van Loan: A storage-efficient WY representation for products of Householder transformations, 1989).
 */
function blockFactor(team: Team, panel: Block, taus: Float64Array, room: PanelRoom): Block {
  const { values } = team.space;
  const size = panel.rows;
  clear(team.space, room.gram);
  clear(team.space, room.factor);
  addProduct(team, part(room.gram, 0, 0, size, size), 1, panel, turned(panel));
  const { at: gram, rowStride: stride } = room.gram;
  const { at: factor } = room.factor;
  for (let column = 0; column < size; column++) {
    const tau = taus[column] ?? 0;
    values[factor + column * stride + column] = tau;
    for (let row = 0; row < column; row++) {
      let sum = 0;
      for (let step = row; step < column; step++) {
        sum += (values[factor + row * stride + step] ?? 0) * (values[gram + step * stride + column] ?? 0);
      }
      values[factor + row * stride + column] = -tau * sum;
    }
  }
  return part(room.factor, 0, 0, size, size);
}

/** target -= (target Vᵀ) T V for the panel V (as lines) and the factor T. */
function applyPanel(team: Team, target: Block, panel: Block, factor: Block, room: PanelRoom): void {
  const projected = part(room.projected, 0, 0, target.rows, panel.rows);
  const weighted = part(room.weighted, 0, 0, target.rows, panel.rows);
  clear(team.space, projected);
  clear(team.space, weighted);
  addProduct(team, projected, 1, target, turned(panel));
  addProduct(team, weighted, 1, projected, factor);
  addProduct(team, target, -1, weighted, panel);
}

/**
 * Lines times H_(n-1) ... H_1 H_0 in place: column vectors that the lines hold are multiplied by H_0 H_1 .... `areUnits`: line k holds
 * the unit vector k, so that what is known to be 0 need not be computed.
 */
export function applyReflectors(
  team: Team,
  target: Block,
  reflectors: LineReflectors,
  allocator: Allocator,
  areUnits = false,
): void {
  const { lines, taus, offset } = reflectors;
  const used = allocator.used;
  const room = panelRoom(allocator, target.rows);
  const count = Math.min(lines.rows, lines.columns - offset);
  for (let from = Math.floor(Math.max(0, count - 1) / PANEL) * PANEL; from >= 0 && count > 0; from -= PANEL) {
    const size = Math.min(PANEL, count - from);
    const first = from + offset;
    const panel = part(lines, from, first, size, lines.columns - first);
    const factor = blockFactor(team, panel, taus.subarray(from, from + size), room);
    const line = areUnits ? first : 0;
    const affected = part(target, line, first, target.rows - line, lines.columns - first);
    applyPanel(team, affected, panel, turned(factor), room);
  }
  allocator.release(used);
}

function factorPanel(
  space: Space,
  lines: Block,
  from: number,
  to: number,
  taus: Float64Array,
  upper: Block,
  room: number,
): void {
  const { values, kernels } = space;
  const width = aligned(lines.columns);
  for (let index = from; index < to; index++) {
    const line = lines.at + index * lines.rowStride;
    const target = upper.at + index * upper.rowStride;
    values.copyWithin(target, line, line + index);
    values.fill(0, line + from, line + index);
    const { tau, beta } = reflect(values, line + index, line + lines.columns);
    values[target + index] = beta;
    taus[index] = tau;
    if (tau === 0) continue;
    const begin = index - (index % ALIGNMENT);
    const others: Block = { ...part(lines, index + 1, begin, to - index - 1), columns: width - begin };
    lineDots(space, room, line + begin, others);
    for (let other = 0; other < others.rows; other++) {
      const place = (others.at + other * others.rowStride) * BYTES;
      kernels.combine1(place, place + others.columns * BYTES, (room + other) * BYTES, -tau, (line + begin) * BYTES, 0);
    }
  }
}

/** M = Q R for columns that lie in lines. */
export interface LineQr {
  /** As many as the shorter side is long, in the first lines. */
  readonly reflectors: LineReflectors;
  /** Line j is column j of R. */
  readonly upper: Block;
}

/** QR factors by Householder reflectors, which take the place of the lines (Golub, Van Loan: Matrix computations, 4th edition, 5.2). */
export function lineQr(team: Team, lines: Block, allocator: Allocator): LineQr {
  const { space } = team;
  const count = Math.min(lines.rows, lines.columns);
  const taus = new Float64Array(count);
  const upper = allocator.lines(lines.rows, count);
  clear(space, upper);
  const used = allocator.used;
  const room = panelRoom(allocator, lines.rows);
  const dots = allocator.numbers(PANEL);
  for (let from = 0; from < count; from += PANEL) {
    const to = Math.min(from + PANEL, count);
    factorPanel(space, lines, from, to, taus, upper, dots);
    if (to === lines.rows) break;
    const panel = part(lines, from, from, to - from);
    const factor = blockFactor(team, panel, taus.subarray(from, to), room);
    applyPanel(team, part(lines, to, from), panel, factor, room);
  }
  for (let line = count; line < lines.rows; line++) {
    const source = lines.at + line * lines.rowStride;
    space.values.copyWithin(upper.at + line * upper.rowStride, source, source + count);
  }
  allocator.release(used);
  return { reflectors: { lines: part(lines, 0, 0, count), taus, offset: 0 }, upper };
}
