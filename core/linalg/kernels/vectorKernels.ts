import { countUp, f64, f64x2, i32, kernel, laneSum, type Code, type KernelFunction, type Local } from './assembler.ts';

const BYTES = 8;
/** Lengths and starts of vectors are multiples of this many entries, so that no loop has a rest. */
export const ALIGNMENT = 4;
const STEP = ALIGNMENT * BYTES;
const halves = [0, 2 * BYTES] as const;

/** Addresses of `count` lines that begin `stride` bytes apart. */
function lineAddresses(first: Local, stride: Local, lines: readonly Local[]): Code {
  return lines.map((line, index) => line.set(index === 0 ? first.get : i32.add(lines[index - 1]!.get, stride.get)));
}

function advance(pointers: readonly Local[]): Code {
  return pointers.map((pointer) => pointer.set(i32.add(pointer.get, i32.constant(STEP))));
}

/**
 * The scalar products of `width` lines with a vector, which lies from `vector` to `end`; `target` takes them.
 * (target, vector, end, line, stride)
 */
function dots(name: string, width: number): KernelFunction {
  return kernel(name, ['i32', 'i32', 'i32', 'i32', 'i32'], ([target, vector, end, first, stride], local) => {
    const lines = Array.from({ length: width }, () => local('i32'));
    const sums = lines.map(() => halves.map(() => local('v128')));
    const entries = halves.map(() => local('v128'));
    const body: Code = [
      entries.map((entry, half) => entry.set(f64x2.load(vector.get, halves[half]))),
      lines.map((line, index) =>
        entries.map((entry, half) => {
          const sum = sums[index]![half]!;
          return sum.set(f64x2.add(sum.get, f64x2.multiply(entry.get, f64x2.load(line.get, halves[half]))));
        }),
      ),
      advance(lines),
    ];
    return [
      lineAddresses(first, stride, lines),
      countUp(vector, end.get, i32.constant(STEP), body),
      sums.map(([even, odd], index) => [
        even!.set(f64x2.add(even!.get, odd!.get)),
        f64.store(target.get, laneSum(even!), index * BYTES),
      ]),
    ];
  });
}

/**
 * target += factor * the sum over `width` lines of coefficient * line; `target` reaches until `end`.
 * (target, end, coefficients, factor, line, stride)
 */
function combine(name: string, width: number): KernelFunction {
  return kernel(
    name,
    ['i32', 'i32', 'i32', 'f64', 'i32', 'i32'],
    ([target, end, coefficients, factor, first, stride], local) => {
      const lines = Array.from({ length: width }, () => local('i32'));
      const weights = lines.map(() => local('v128'));
      const sums = halves.map(() => local('v128'));
      const body: Code = [
        sums.map((sum, half) => sum.set(f64x2.load(target.get, halves[half]))),
        lines.map((line, index) =>
          sums.map((sum, half) =>
            sum.set(f64x2.add(sum.get, f64x2.multiply(weights[index]!.get, f64x2.load(line.get, halves[half])))),
          ),
        ),
        sums.map((sum, half) => f64x2.store(target.get, sum.get, halves[half])),
        advance(lines),
      ];
      return [
        lineAddresses(first, stride, lines),
        weights.map((weight, index) =>
          weight.set(f64x2.splat(f64.multiply(factor.get, f64.load(coefficients.get, index * BYTES)))),
        ),
        countUp(target, end.get, i32.constant(STEP), body),
      ];
    },
  );
}

/** Loops over vectors that lie in the lines of a matrix. */
export const vectorKernels: readonly KernelFunction[] = [
  dots('dot', 1),
  dots('dots4', 4),
  combine('combine1', 1),
  combine('combine4', 4),
];
