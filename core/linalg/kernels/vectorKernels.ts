import {
  countUp,
  f64,
  f64x2,
  i32,
  kernel,
  laneSum,
  type Code,
  type KernelFunction,
  type Local,
  type ValueType,
} from './assembler.ts';

const BYTES = 8;
/** Lengths and starts of vectors are multiples of this many entries, so that no loop has a rest. */
export const ALIGNMENT = 4;
const STEP = ALIGNMENT * BYTES;
/** Where the second pair of a step is. */
const SECOND = 2 * BYTES;

/** Addresses in `count` lines that begin `stride` bytes apart, and the code that sets them. */
function linePointers(count: number, first: Local, stride: Local, local: (type: ValueType) => Local) {
  const pointers = Array.from({ length: count }, () => local('i32'));
  let before: Local | undefined;
  const start = pointers.map((pointer) => {
    const address = before === undefined ? first.get : i32.add(before.get, stride.get);
    before = pointer;
    return pointer.set(address);
  });
  const advance = pointers.map((pointer) => pointer.set(i32.add(pointer.get, i32.constant(STEP))));
  return { pointers, start, advance };
}

/**
 * The scalar products of `width` lines with a vector, which lies from `vector` to `end`; `target` takes them.
 * (target, vector, end, line, stride)
 */
function dots(name: string, width: number): KernelFunction {
  return kernel(name, ['i32', 'i32', 'i32', 'i32', 'i32'], ([target, vector, end, first, stride], local) => {
    const { pointers, start, advance } = linePointers(width, first, stride, local);
    const [one, two] = [local('v128'), local('v128')];
    const sums = pointers.map((pointer) => ({ pointer, even: local('v128'), odd: local('v128') }));
    const addTo = (sum: Local, entry: Local, pointer: Local, offset: number): Code =>
      sum.set(f64x2.add(sum.get, f64x2.multiply(entry.get, f64x2.load(pointer.get, offset))));
    const body: Code = [
      one.set(f64x2.load(vector.get)),
      two.set(f64x2.load(vector.get, SECOND)),
      sums.map(({ pointer, even, odd }) => [addTo(even, one, pointer, 0), addTo(odd, two, pointer, SECOND)]),
      advance,
    ];
    return [
      start,
      countUp(vector, end.get, i32.constant(STEP), body),
      sums.map(({ even, odd }, index) => [
        even.set(f64x2.add(even.get, odd.get)),
        f64.store(target.get, laneSum(even), index * BYTES),
      ]),
    ];
  });
}

/**
 * target += factor * the sum over `width` lines of coefficient * line; `target` reaches until `end`.
 * (target, end, coefficients, factor, line, stride)
 */
function combine(name: string, width: number): KernelFunction {
  const parameters = ['i32', 'i32', 'i32', 'f64', 'i32', 'i32'] as const;
  return kernel(name, parameters, ([target, end, coefficients, factor, first, stride], local) => {
    const { pointers, start, advance } = linePointers(width, first, stride, local);
    const lines = pointers.map((pointer) => ({ pointer, weight: local('v128') }));
    const sums = [0, SECOND].map((offset) => ({ offset, sum: local('v128') }));
    const body: Code = [
      sums.map(({ offset, sum }) => sum.set(f64x2.load(target.get, offset))),
      lines.map(({ pointer, weight }) =>
        sums.map(({ offset, sum }) =>
          sum.set(f64x2.add(sum.get, f64x2.multiply(weight.get, f64x2.load(pointer.get, offset)))),
        ),
      ),
      sums.map(({ offset, sum }) => f64x2.store(target.get, sum.get, offset)),
      advance,
    ];
    return [
      start,
      lines.map(({ weight }, index) =>
        weight.set(f64x2.splat(f64.multiply(factor.get, f64.load(coefficients.get, index * BYTES)))),
      ),
      countUp(target, end.get, i32.constant(STEP), body),
    ];
  });
}

/** Loops over vectors that lie in the lines of a matrix. */
export const vectorKernels: readonly KernelFunction[] = [
  dots('dot', 1),
  dots('dots4', 4),
  combine('combine1', 1),
  combine('combine4', 4),
];
