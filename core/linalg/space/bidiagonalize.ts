import { ALIGNMENT } from '../kernels/vectorKernels.ts';
import { placeNumbers, type PassPlaces } from './bidiagonalPass.ts';
import { blockNumbers, part, turned, type Block } from './block.ts';
import { addLines, clear, gather, lineDots, lineRange } from './lines.ts';
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

const alignDown = (index: number): number => index - (index % ALIGNMENT);

/**
 * Bidiagonal form by Householder reflectors from both sides in turn (G. H. Golub, W. Kahan 1965), whose updates are delayed and done
 * a panel at a time as products of matrices (J. Dongarra, D. Sorensen, S. Hammarling 1989), each step reading M once
 * (`passOverLines`). `lines`: at least as long as there are of them, padded with 0; overwritten.
 */
export function bidiagonalize(team: Team, lines: Block, allocator: Allocator): BidiagonalForm {
  const { space } = team;
  const { values } = space;
  const { rows: count, columns: length } = lines;
  const width = aligned(length);
  const padded: Block = { ...lines, columns: width };
  const right = allocator.lines(count, count);
  clear(space, right);
  const used = allocator.used;
  const fromRight = allocator.lines(PANEL, length);
  const fromLeft = allocator.lines(PANEL, count);
  const paddedRight: Block = { ...right, columns: aligned(count) };
  const paddedX: Block = { ...fromRight, columns: width };
  const paddedY: Block = { ...fromLeft, columns: aligned(count) };
  const sumStride = fromRight.rowStride;
  const places = {
    fromDot: allocator.numbers(aligned(count)),
    fromEntry: allocator.numbers(aligned(count)),
    row: allocator.numbers(aligned(count)),
    sums: allocator.numbers(CHUNKS * sumStride),
    sumStride,
    dots: allocator.numbers(CHUNKS * 8),
  };
  const coefficients = allocator.numbers(4 * PANEL);
  const [one, two] = [coefficients, coefficients + PANEL];
  const form: BidiagonalForm = {
    diagonal: new Float64Array(count),
    above: new Float64Array(count),
    left: lines,
    leftTaus: new Float64Array(count),
    right,
    rightTaus: new Float64Array(count),
  };
  for (let start = 0; start < count; start += PANEL) {
    const size = Math.min(PANEL, count - start);
    clear(space, fromRight);
    clear(space, fromLeft);
    for (let step = 0; step < size; step++) {
      const index = start + step;
      const begin = alignDown(index);
      const line = lines.at + index * lines.rowStride;
      const vs = lineRange(padded, start, index, begin);
      const xs = part(paddedX, 0, begin, step);
      // Column `index` of M as it is now.
      gather(space, one, part(paddedY, 0, 0, step), index);
      addLines(space, line + begin, one, -1, vs);
      gather(space, one, lineRange(paddedRight, start, index, 0), index);
      addLines(space, line + begin, one, -1, xs);
      values.fill(0, line + start, line + index);
      const { tau, beta } = reflect(values, line + index, line + length);
      form.diagonal[index] = beta;
      form.leftTaus[index] = tau;
      if (index + 1 === count) break;
      const next = index + 1;
      const across = alignDown(next);
      const acrossEnd = aligned(count);
      const ys = part(paddedY, 0, across, step);
      const us = lineRange(paddedRight, start, index, across);
      values.fill(0, places.fromDot + across, places.fromDot + acrossEnd);
      values.fill(0, places.fromEntry + across, places.fromEntry + acrossEnd);
      lineDots(space, one, line + begin, vs);
      addLines(space, places.fromDot + across, one, 1, ys);
      lineDots(space, one, line + begin, xs);
      addLines(space, places.fromDot + across, one, 1, us);
      gather(space, one, vs, index - begin);
      addLines(space, places.fromEntry + across, one, 1, ys);
      gather(space, one, xs, index - begin);
      addLines(space, places.fromEntry + across, one, 1, us);
      const y = fromLeft.at + step * fromLeft.rowStride;
      const u = right.at + index * right.rowStride;
      const x = fromRight.at + step * fromRight.rowStride;
      const pass: PassPlaces = { ...places, vector: line + begin, products: y, row: u };
      const remaining = (count - next) * (length - index);
      const inChunk = remaining < ALONE ? count : Math.ceil((count - next) / CHUNKS / 8) * 8;
      const chunks = Math.ceil((count - next) / inChunk);
      const numbers = [
        ...blockNumbers(part(padded, 0, begin)),
        ...placeNumbers(pass),
        tau,
        next,
        inChunk,
        index - begin,
      ];
      team.run('pass', numbers, chunks);
      const onRight = reflect(values, u + next, u + count);
      form.above[index] = onRight.beta;
      form.rightTaus[index] = onRight.tau;
      if (onRight.tau === 0) continue;
      // x = tau (M u - V Yᵀ u - X Uᵀ u), with M u from the sums of the row before it was scaled to u.
      const scale = onRight.tau / (onRight.first - onRight.beta);
      for (let chunk = 0; chunk < chunks; chunk++) {
        values[one] = 1;
        space.kernels.combine1(
          (x + begin) * 8,
          (x + width) * 8,
          one * 8,
          scale,
          (places.sums + chunk * sumStride) * 8,
          0,
        );
      }
      values[one] = 1;
      space.kernels.combine1(
        (x + begin) * 8,
        (x + width) * 8,
        one * 8,
        -scale * onRight.beta,
        (lines.at + next * lines.rowStride + begin) * 8,
        0,
      );
      lineDots(space, two, u + across, part(paddedY, 0, across, step + 1));
      addLines(space, x + begin, two, -onRight.tau, lineRange(padded, start, next, begin));
      lineDots(space, two, u + across, us);
      addLines(space, x + begin, two, -onRight.tau, xs);
      team.advance(4 * remaining);
    }
    const done = start + size;
    if (done < count) {
      const rest = part(lines, done, done);
      addProduct(team, rest, -1, turned(part(fromLeft, 0, done, size)), part(lines, start, done, size));
      addProduct(team, rest, -1, turned(part(right, start, done, size)), part(fromRight, 0, done, size));
    }
  }
  allocator.release(used);
  return form;
}
