import { countUp, f64, f64x2, i32, kernel, type Code, type KernelFunction, type Local } from './assembler.ts';

/** Rows and columns of the part of a product that is held in registers. */
export const TILE = 4;
const BYTES = 8;
const STEP = TILE * BYTES;
const tileIndices = Array.from({ length: TILE }, (_, index) => index);

/**
 * packStrips(target, end, source, along, across): interleaves 4 strips of the source, `across` bytes apart, whose entries are `along`
 * bytes apart: 4 entries for each step along them, to `target` until `end`.
 */
function packStrips(): KernelFunction {
  return kernel('packStrips', ['i32', 'i32', 'i32', 'i32', 'i32'], ([target, end, source, along, across], local) => {
    const strips = tileIndices.map(() => local('i32'));
    const copy = strips.map((strip, index) => [
      f64.store(target.get, f64.load(strip.get), index * BYTES),
      strip.set(i32.add(strip.get, along.get)),
    ]);
    return [
      strips.map((strip, index) => strip.set(i32.add(source.get, i32.multiply(across.get, i32.constant(index))))),
      countUp(target, end.get, i32.constant(STEP), copy),
    ];
  });
}

/** packRows(target, end, source, along): the same where the 4 entries of a step are neighbours. */
function packRows(): KernelFunction {
  return kernel('packRows', ['i32', 'i32', 'i32', 'i32'], ([target, end, source, along]) => {
    const copy: Code = [
      f64x2.store(target.get, f64x2.load(source.get)),
      f64x2.store(target.get, f64x2.load(source.get, 16), 16),
      source.set(i32.add(source.get, along.get)),
    ];
    return countUp(target, end.get, i32.constant(STEP), copy);
  });
}

/**
 * tiles(target, stride, left, leftEnd, right, strip, factor): adds `factor` times the product of packed rows (strips of `strip` bytes
 * from `left` to `leftEnd`) and one packed strip of 4 columns to the entries at `target`, whose rows are `stride` bytes apart.
 */
function tiles(): KernelFunction {
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f64'] as const;
  return kernel('tiles', parameters, ([target, stride, left, leftEnd, right, strip, factor], local) => {
    const sums = tileIndices.map(() => [local('v128'), local('v128')] as const);
    const columns = [local('v128'), local('v128')] as const;
    const [row, scale] = [local('v128'), local('v128')];
    const [end, place] = [local('i32'), local('i32')];
    const half = (index: number): number => 2 * BYTES * index;
    const accumulate: Code = [
      columns.map((column, index) => column.set(f64x2.load(place.get, half(index)))),
      sums.map((pair, index) => [
        row.set(f64x2.loadSplat(left.get, BYTES * index)),
        pair.map((sum, side) => sum.set(f64x2.add(sum.get, f64x2.multiply(row.get, (columns[side] as Local).get)))),
      ]),
      place.set(i32.add(place.get, i32.constant(STEP))),
    ];
    const store = sums.map((pair) => [
      pair.map((sum, side) => {
        const before = f64x2.load(target.get, half(side));
        return f64x2.store(target.get, f64x2.add(before, f64x2.multiply(sum.get, scale.get)), half(side));
      }),
      target.set(i32.add(target.get, stride.get)),
    ]);
    return [
      scale.set(f64x2.splat(factor.get)),
      // `left` itself moves on by one strip in the inner loop.
      countUp(left, leftEnd.get, i32.constant(0), [
        sums.map((pair) => pair.map((sum) => sum.set(f64x2.zero))),
        place.set(right.get),
        end.set(i32.add(left.get, strip.get)),
        countUp(left, end.get, i32.constant(STEP), accumulate),
        store,
      ]),
    ];
  });
}

/** The inner loops of a product of matrices. */
export const gemmKernels: readonly KernelFunction[] = [packStrips(), packRows(), tiles()];
