import { ALIGNMENT } from '../kernels/vectorKernels.ts';
import { placeNumbers } from './bidiagonalPass.ts';
import { blockNumbers, part, turned, type Block } from './block.ts';
import { addLines, clear, gather, lineDots } from './lines.ts';
import { addProduct } from './productChunk.ts';
import { reflect } from './reflect.ts';
import { aligned, type Allocator } from './space.ts';
import type { Team } from './team.ts';

const PANEL = 32;
/** Chunks of a pass: a number of its own, so that sums do not depend on how many threads there are. */
const CHUNKS = 4;
/** Entries below which one thread passes over them alone. */
const ALONE = 24_000;

/** M = Q B Pᵀ with B upper bidiagonal, for M as tall as its lines are long: column j of M is line j. */
export interface BidiagonalForm {
  readonly diagonal: Float64Array;
  /** What stands right of the diagonal, and a 0. */
  readonly above: Float64Array;
  /** Line k: the reflector k of Q = H_0 H_1 ..., 0 before entry k. They have taken the place of M. */
  readonly left: Block;
  readonly leftTaus: Float64Array;
  /** Line k: the reflector k of P, 0 before entry k + 1. */
  readonly right: Block;
  readonly rightTaus: Float64Array;
}

/** A reduction on its way, and the places that it works in. Blocks are as wide as their lines are padded. */
interface Reduction {
  readonly team: Team;
  readonly form: BidiagonalForm;
  /** Columns of M as they were before the present panel; left reflectors V of the panel in the lines that are done. */
  readonly lines: Block;
  /** Right reflectors U. */
  readonly right: Block;
  /** M is now `lines` - V Yᵀ - X Uᵀ. Line k belongs to step k of the panel. */
  readonly x: Block;
  readonly y: Block;
  readonly coefficients: number;
  readonly fromDot: number;
  readonly fromEntry: number;
  readonly sums: number;
  readonly dots: number;
}

/** A step of a panel: what has been done in the panel before, from the aligned places on from which it matters. */
interface Step {
  readonly index: number;
  /** The step's column from the aligned row on that `index` is in, and how far that is above it. */
  readonly column: number;
  readonly lead: number;
  readonly vs: Block;
  readonly xs: Block;
}

const alignDown = (index: number): number => index - (index % ALIGNMENT);

/** Brings column `index` up to date and reflects it. */
function reduceColumn({ team, form, lines, right, x, y, coefficients }: Reduction, start: number, index: number): Step {
  const { space } = team;
  const begin = alignDown(index);
  const line = lines.at + index * lines.rowStride;
  const done = index - start;
  const step = {
    index,
    column: line + begin,
    lead: index - begin,
    vs: part(lines, start, begin, done),
    xs: part(x, 0, begin, done),
  };
  gather(space, coefficients, part(y, 0, 0, done), index);
  addLines(space, step.column, coefficients, -1, step.vs);
  gather(space, coefficients, part(right, start, 0, done), index);
  addLines(space, step.column, coefficients, -1, step.xs);
  space.values.fill(0, line + start, line + index);
  const { tau, beta } = reflect(space.values, line + index, line + form.left.columns);
  form.diagonal[index] = beta;
  form.leftTaus[index] = tau;
  return step;
}

/** What the delayed updates take from the products of all lines with the reflector, and from the row `index`. */
function sumDelayed(reduction: Reduction, { column, lead, vs, xs }: Step, ys: Block, us: Block, across: number): void {
  const { team, coefficients, fromDot, fromEntry } = reduction;
  const { space } = team;
  space.values.fill(0, fromDot + across, fromDot + across + ys.columns);
  space.values.fill(0, fromEntry + across, fromEntry + across + ys.columns);
  for (const [before, after] of [
    [vs, ys],
    [xs, us],
  ] as const) {
    lineDots(space, coefficients, column, before);
    addLines(space, fromDot + across, coefficients, 1, after);
    gather(space, coefficients, before, lead);
    addLines(space, fromEntry + across, coefficients, 1, after);
  }
}

/** Row `index` right of the diagonal is reflected, and X and Y get a line each. */
function reduceRow(reduction: Reduction, step: Step, start: number): void {
  const { team, form, lines, right, x, y, coefficients, fromDot, fromEntry, sums, dots } = reduction;
  const { space } = team;
  const { values } = space;
  const { index, column, lead, vs, xs } = step;
  const [count, next, done] = [lines.rows, index + 1, index - start];
  const across = alignDown(next);
  const ys = part(y, 0, across, done);
  const us = part(right, start, across, done);
  sumDelayed(reduction, step, ys, us, across);
  const [u, products] = [right.at + index * right.rowStride, y.at + done * y.rowStride];
  const places = { vector: column, fromDot, fromEntry, products, row: u, sums, sumStride: x.rowStride, dots };
  const tau = form.leftTaus[index] ?? 0;
  const entries = (count - next) * (lines.columns - index);
  const share = entries < ALONE ? count : Math.ceil((count - next) / CHUNKS / 8) * 8;
  const chunks = Math.ceil((count - next) / share);
  const rest = part(lines, 0, index - lead);
  team.run('pass', [...blockNumbers(rest), ...placeNumbers(places), tau, next, share, lead], chunks);
  const onRow = reflect(values, u + next, u + count);
  form.above[index] = onRow.beta;
  form.rightTaus[index] = onRow.tau;
  team.advance(4 * entries);
  if (onRow.tau === 0) return;
  // x = tau (M u - V Yᵀ u - X Uᵀ u), with M u from the sums, for which the row was not yet scaled to u.
  const target = x.at + done * x.rowStride + index - lead;
  const scale = onRow.tau / (onRow.first - onRow.beta);
  values.fill(1, coefficients, coefficients + CHUNKS);
  addLines(space, target, coefficients, scale, { ...xs, at: sums, rows: chunks });
  addLines(space, target, coefficients, -scale * onRow.beta, part(rest, next, 0, 1));
  lineDots(space, coefficients, u + across, part(y, 0, across, done + 1));
  addLines(space, target, coefficients, -onRow.tau, { ...vs, rows: done + 1 });
  lineDots(space, coefficients, u + across, us);
  addLines(space, target, coefficients, -onRow.tau, xs);
}

/**
 * Bidiagonal form by Householder reflectors from both sides in turn (G. H. Golub, W. Kahan 1965), whose updates are delayed and done
 * a panel at a time as products of matrices (J. Dongarra, D. Sorensen, S. Hammarling 1989), each step reading M once
 * (`passOverLines`). `lines`: at least as long as there are of them, padded with 0; overwritten.
 */
export function bidiagonalize(team: Team, lines: Block, allocator: Allocator): BidiagonalForm {
  const { space } = team;
  const { rows: count, columns: length } = lines;
  const right = allocator.lines(count, count);
  clear(space, right);
  const form: BidiagonalForm = {
    diagonal: new Float64Array(count),
    above: new Float64Array(count),
    left: lines,
    leftTaus: new Float64Array(count),
    right,
    rightTaus: new Float64Array(count),
  };
  const used = allocator.used;
  const [x, y] = [allocator.lines(PANEL, length), allocator.lines(PANEL, count)];
  const reduction: Reduction = {
    team,
    form,
    lines: { ...lines, columns: aligned(length) },
    right: { ...right, columns: aligned(count) },
    x: { ...x, columns: aligned(length) },
    y: { ...y, columns: aligned(count) },
    coefficients: allocator.numbers(PANEL + CHUNKS),
    fromDot: allocator.numbers(aligned(count)),
    fromEntry: allocator.numbers(aligned(count)),
    sums: allocator.numbers(CHUNKS * x.rowStride),
    dots: allocator.numbers(CHUNKS * 8),
  };
  for (let start = 0; start < count; start += PANEL) {
    const end = Math.min(start + PANEL, count);
    const size = end - start;
    clear(space, x);
    clear(space, y);
    for (let index = start; index < end; index++) {
      const step = reduceColumn(reduction, start, index);
      if (index + 1 < count) reduceRow(reduction, step, start);
    }
    if (end === count) break;
    const rest = part(lines, end, end);
    addProduct(team, rest, -1, turned(part(y, 0, end, size, count - end)), part(lines, start, end, size));
    addProduct(team, rest, -1, turned(part(right, start, end, size)), part(x, 0, end, size));
  }
  allocator.release(used);
  return form;
}
