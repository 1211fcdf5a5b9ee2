import { RlvrError } from '../errors.ts';
import { rotationFor, type PendingRotations } from './rotations.ts';

const SWEEPS_PER_VALUE = 60;

/** The smaller singular value of the upper triangle [f g; 0 h], as LAPACK's dlas2 computes it. */
function smallerSingularValue(f: number, g: number, h: number): number {
  const low = Math.min(Math.abs(f), Math.abs(h));
  const high = Math.max(Math.abs(f), Math.abs(h));
  const side = Math.abs(g);
  if (low === 0) {
    return 0;
  }
  const sum = 1 + low / high;
  const difference = (high - low) / high;
  if (side < high) {
    const ratio = (side / high) ** 2;
    return low * (2 / (Math.sqrt(sum * sum + ratio) + Math.sqrt(difference * difference + ratio)));
  }
  const ratio = high / side;
  const root = Math.sqrt(1 + (sum * ratio) ** 2) + Math.sqrt(1 + (difference * ratio) ** 2);
  return 2 * (low * (1 / root)) * ratio;
}

/** A bidiagonal matrix on its way to a diagonal one. */
interface Iteration {
  readonly diagonal: Float64Array;
  readonly above: Float64Array;
  readonly left: PendingRotations | undefined;
  readonly right: PendingRotations | undefined;
}

/** One sweep without a shift over rows `first` ... `last`, which finds singular values of 0 (J. Demmel, W. Kahan 1990, section 3). */
function sweepWithoutShift({ diagonal, above, left, right }: Iteration, first: number, last: number): void {
  let rightC = 1;
  let leftC = 1;
  let leftS = 0;
  for (let index = first; index < last; index++) {
    const onRight = rotationFor((diagonal[index] ?? 0) * rightC, above[index] ?? 0);
    if (index > first) {
      above[index - 1] = leftS * onRight.r;
    }
    const onLeft = rotationFor(leftC * onRight.r, (diagonal[index + 1] ?? 0) * onRight.s);
    diagonal[index] = onLeft.r;
    rightC = onRight.c;
    leftC = onLeft.c;
    leftS = onLeft.s;
    right?.add(onRight.c, onRight.s);
    left?.add(onLeft.c, onLeft.s);
  }
  const bottom = (diagonal[last] ?? 0) * rightC;
  diagonal[last] = bottom * leftC;
  above[last - 1] = bottom * leftS;
}

/** One implicit QR sweep with a shift (G. H. Golub, C. Reinsch 1970). */
function sweepWithShift({ diagonal, above, left, right }: Iteration, first: number, last: number, shift: number): void {
  const top = diagonal[first] ?? 0;
  let f = (Math.abs(top) - shift) * (Math.sign(top) + shift / top);
  let g = above[first] ?? 0;
  for (let index = first; index < last; index++) {
    const onRight = rotationFor(f, g);
    if (index > first) {
      above[index - 1] = onRight.r;
    }
    const value = diagonal[index] ?? 0;
    const side = above[index] ?? 0;
    const next = onRight.c * (diagonal[index + 1] ?? 0);
    const onLeft = rotationFor(onRight.c * value + onRight.s * side, onRight.s * (diagonal[index + 1] ?? 0));
    const turned = onRight.c * side - onRight.s * value;
    diagonal[index] = onLeft.r;
    f = onLeft.c * turned + onLeft.s * next;
    diagonal[index + 1] = onLeft.c * next - onLeft.s * turned;
    if (index + 1 < last) {
      g = onLeft.s * (above[index + 1] ?? 0);
      above[index + 1] = onLeft.c * (above[index + 1] ?? 0);
    }
    right?.add(onRight.c, onRight.s);
    left?.add(onLeft.c, onLeft.s);
  }
  above[last - 1] = f;
}

/** Where the block that ends at row `last` and has no negligible entry above its diagonal begins. The entry that ends it becomes 0. */
function blockStart({ diagonal, above }: Iteration, last: number, negligible: number): number {
  let first = last;
  while (first > 0) {
    const neighbours = Math.abs(diagonal[first - 1] ?? 0) + Math.abs(diagonal[first] ?? 0);
    const side = Math.abs(above[first - 1] ?? 0);
    if (side <= negligible || side <= Number.EPSILON * neighbours) {
      above[first - 1] = 0;
      break;
    }
    first -= 1;
  }
  return first;
}

/**
 * Makes an upper bidiagonal matrix diagonal in place; `left` and `right` take the rotations of the columns of U and V. The entries
 * left on the diagonal are the singular values, unsorted and with either sign, each exact to a few units in the last place of the
 * largest.
 *
 * @throws RlvrError `tensor/run` if the iteration does not end, which no finite input is known to cause.
 */
export function diagonalize(iteration: Iteration): void {
  const { diagonal, above, left, right } = iteration;
  const size = diagonal.length;
  const largest = [...diagonal, ...above].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const negligible = largest * Number.EPSILON * 0.5;
  let sweeps = 0;
  let last = size - 1;
  while (last > 0) {
    const first = blockStart(iteration, last, negligible);
    if (first === last) {
      last -= 1;
      continue;
    }
    sweeps += 1;
    if (sweeps > SWEEPS_PER_VALUE * size) {
      throw new RlvrError(
        'tensor/run',
        `The singular values of a matrix with ${size} of them were not found in ${sweeps} sweeps.`,
      );
    }
    let isSingular = false;
    for (let index = first; index <= last; index++) {
      if (Math.abs(diagonal[index] ?? 0) <= negligible) {
        diagonal[index] = 0;
        isSingular = true;
      }
    }
    left?.beginSweep(first, last - first);
    right?.beginSweep(first, last - first);
    const end = diagonal[last] ?? 0;
    const shift = isSingular ? 0 : smallerSingularValue(diagonal[last - 1] ?? 0, above[last - 1] ?? 0, end);
    if ((shift / (diagonal[first] ?? 0)) ** 2 < Number.EPSILON || isSingular) {
      sweepWithoutShift(iteration, first, last);
    } else {
      sweepWithShift(iteration, first, last, shift);
    }
  }
  left?.apply();
  right?.apply();
}
