import type { Rational } from '../rational.ts';
import {
  absolute,
  add,
  computation,
  isReal,
  magnitude,
  negate,
  NoValue,
  sizeOf,
  type ComplexNumber,
} from './complexNumber.ts';
import { approximate, evaluate, product, quotient, type Evaluation, type Value } from './evaluate.ts';
import { childrenOf, contains, freeSymbols, keyOf, type Node } from './node.ts';
import { resolvedCalculus } from './calculus.ts';

const QUICK_DIGITS = 30;
const THOROUGH_DIGITS = 80;
/** Digits that two equal values may differ in at the end. */
const NOISE = 8;
const NUMBER_BITS = 400_000;
const SAMPLE_BITS = 8_000;
const BUDGET = 150_000;
const MOST_VARIABLES = 30;
const POINTS = 8;
const THOROUGH_POINTS: readonly number[] = [0, POINTS - 1];
/** Relative difference up to which a rounded decimal is of the same size. */
const SAME_SIZE = 0.02;

const NO_VARIABLES: ReadonlyMap<string, Rational> = new Map();

/** How a value at one point stands to another: `unknown` where one or both do not exist there. */
type Sameness = 'same' | 'different' | 'one missing' | 'both missing';

/**
 * Whether two expressions are the same number, or the same function of their variables over the reals: by exact fractions
 * where there are such, else by 80 digits; functions at points of both signs. In doubt they are not.
 */
export function sameExpression(left: Node, right: Node, precision: number): boolean {
  if (keyOf(left) === keyOf(right)) {
    return true;
  }
  const infinities = [infinitySign(left), infinitySign(right)];
  if (infinities[0] !== undefined || infinities[1] !== undefined) {
    return infinities[0] === infinities[1];
  }
  const [first, second] = [resolvedCalculus(left), resolvedCalculus(right)];
  if (!first || !second) {
    return false;
  }
  const variables = [...freeSymbols(second, freeSymbols(first))];
  if (variables.length > MOST_VARIABLES) {
    return false;
  }
  return variables.length === 0 ? sameNumber(first, second, precision) : sameFunction(first, second, variables);
}

/** 1 or -1 for what is written as plus or minus infinity. */
function infinitySign(node: Node): 1 | -1 | undefined {
  if (node.kind === 'constant' && node.name === 'infinity') {
    return 1;
  }
  const [sign, other] = node.kind === 'product' && node.items.length === 2 ? node.items : [];
  const isMinus = sign?.kind === 'number' && sign.value.numerator === -1n && sign.value.denominator === 1n;
  return isMinus && other?.kind === 'constant' && other.name === 'infinity' ? -1 : undefined;
}

function evaluation(digits: number, variables: ReadonlyMap<string, Rational>, exactBits: number): Evaluation {
  return { ...computation(digits), variables, exactBits, budget: BUDGET };
}

/** The value, or undefined where there is none within bounds. */
function valueOf(node: Node, at: Evaluation): Value | undefined {
  try {
    return evaluate(node, at);
  } catch (error) {
    if (error instanceof NoValue || error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

function sameNumber(left: Node, right: Node, precision: number): boolean {
  const quick = evaluation(QUICK_DIGITS, NO_VARIABLES, NUMBER_BITS);
  const [first, second] = [valueOf(left, quick), valueOf(right, quick)];
  if (!first || !second) {
    return sameHuge(left, right, precision);
  }
  const tolerance = toleranceOf(left, right, precision);
  if (tolerance !== undefined && isWithin(first, second, tolerance, quick)) {
    return true;
  }
  if (first.exact && second.exact) {
    return isSameExact(first.exact, second.exact);
  }
  if (isFarApart(first, second, quick)) {
    return false;
  }
  const thorough = evaluation(THOROUGH_DIGITS, NO_VARIABLES, NUMBER_BITS);
  return samenessAt(left, right, thorough) === 'same' && !thorough.absorbed;
}

function isSameExact(left: Rational, right: Rational): boolean {
  return left.numerator === right.numerator && left.denominator === right.denominator;
}

/** How far a decimal may be from the other value; `relative` for scientific numbers. */
interface Tolerance {
  readonly digits: number;
  readonly relative: boolean;
}

function toleranceOf(left: Node, right: Node, precision: number): Tolerance | undefined {
  const forms = [decimalForm(left), decimalForm(right)];
  if (forms.includes('scientific')) {
    return { digits: precision, relative: true };
  }
  return forms.includes('decimal') ? { digits: precision, relative: false } : undefined;
}

function decimalForm(node: Node): 'decimal' | 'scientific' | undefined {
  if (node.kind === 'number') {
    return node.decimal ? 'decimal' : undefined;
  }
  const isScientific =
    node.kind === 'product' &&
    node.items.some((item) => decimalForm(item) !== undefined) &&
    node.items.every((item) => item.kind === 'number' || (item.kind === 'power' && item.items[0].kind === 'number'));
  return isScientific ? 'scientific' : undefined;
}

function distance(left: Value, right: Value, at: Evaluation): { apart: ComplexNumber; size: number } {
  const [first, second] = [approximate(left), approximate(right)];
  return { apart: add(first, negate(second), at), size: Math.max(sizeOf(first), sizeOf(second)) };
}

function isWithin(left: Value, right: Value, tolerance: Tolerance, at: Evaluation): boolean {
  const { apart, size } = distance(left, right, at);
  if (!Number.isFinite(size)) {
    return true;
  }
  const difference = absolute(apart);
  const larger = approximate(left).re.abs().gt(approximate(right).re.abs()) ? approximate(left) : approximate(right);
  const share = difference.div(absolute(larger)).toNumber();
  const half = 0.5000001 * 10 ** -tolerance.digits;
  return tolerance.relative ? share <= half : difference.toNumber() <= half && share <= SAME_SIZE;
}

/** Whether more than the noise of the last digits lies between two values. */
function isFarApart(left: Value, right: Value, at: Evaluation): boolean {
  const { apart, size } = distance(left, right, at);
  return sizeOf(apart) > size - at.digits + NOISE && magnitude(absolute(apart)) > size - at.digits / 2;
}

function samenessAt(left: Node, right: Node, at: Evaluation): Sameness {
  const [first, second] = [valueOf(left, at), valueOf(right, at)];
  if (!first || !second) {
    return first || second ? 'one missing' : 'both missing';
  }
  return isSame(first, second, at) ? 'same' : 'different';
}

function isSame(left: Value, right: Value, at: Evaluation): boolean {
  if (left.exact && right.exact) {
    return isSameExact(left.exact, right.exact);
  }
  const { apart, size } = distance(left, right, at);
  const apartSize = sizeOf(apart);
  return apartSize === -Infinity || apartSize <= size - at.digits + NOISE;
}

/** Whether two functions agree at points of both signs, first with few digits, then with many. */
function sameFunction(left: Node, right: Node, variables: readonly string[]): boolean {
  const whole = wholeIn(left, right);
  const points = Array.from({ length: POINTS }, (_, point) => pointAt(point, variables, whole));
  let shared = 0;
  for (const variablesAt of points) {
    const at = evaluation(QUICK_DIGITS, variablesAt, SAMPLE_BITS);
    const sameness = samenessAt(left, right, at);
    if (sameness === 'different' || sameness === 'one missing') {
      return false;
    }
    shared += sameness === 'same' ? 1 : 0;
  }
  const confirmed = THOROUGH_POINTS.every((point) => {
    const at = evaluation(THOROUGH_DIGITS, points[point] ?? NO_VARIABLES, SAMPLE_BITS);
    const sameness = samenessAt(left, right, at);
    return sameness === 'both missing' || (sameness === 'same' && !at.absorbed);
  });
  return confirmed && shared > POINTS / 2;
}

/**
 * Whether one function is a constant other than 0 times another, and of which sign; undefined where it is not, or in doubt.
 */
export function constantRatio(left: Node, right: Node): 'positive' | 'negative' | undefined {
  const [first, second] = [resolvedCalculus(left), resolvedCalculus(right)];
  const names = freeSymbols(left);
  const otherNames = freeSymbols(right);
  if (!first || !second || names.size !== otherNames.size || [...names].some((name) => !otherNames.has(name))) {
    return undefined;
  }
  const at = pointAt(0, [...names], wholeIn(first, second));
  const ratio = ratioAt(first, second, evaluation(THOROUGH_DIGITS, at, SAMPLE_BITS));
  if (!ratio) {
    return undefined;
  }
  // Both forms at further points, crosswise so that no quotient is needed: left(p) right(0) = left(0) right(p).
  const isConstant = Array.from({ length: POINTS }, (_, point) => point).every((point) => {
    const digits = THOROUGH_POINTS.includes(point) ? THOROUGH_DIGITS : QUICK_DIGITS;
    const here = evaluation(digits, pointAt(point, [...names], wholeIn(first, second)), SAMPLE_BITS);
    const [one, other] = [valueOf(first, here), valueOf(second, here)];
    return one !== undefined && other !== undefined && isScaled(one, other, ratio, here);
  });
  return isConstant ? ratio.sign : undefined;
}

interface Ratio {
  readonly value: Value;
  readonly sign: 'positive' | 'negative';
}

function ratioAt(left: Node, right: Node, at: Evaluation): Ratio | undefined {
  const [first, second] = [valueOf(left, at), valueOf(right, at)];
  if (!first || !second) {
    return undefined;
  }
  try {
    const value = quotient(first, second, at);
    const { re, im } = approximate(value);
    return im.isZero() && !re.isZero() ? { value, sign: re.isNegative() ? 'negative' : 'positive' } : undefined;
  } catch (error) {
    if (error instanceof NoValue) {
      return undefined;
    }
    throw error;
  }
}

function isScaled(left: Value, right: Value, ratio: Ratio, at: Evaluation): boolean {
  const scaled = product(right, ratio.value, at);
  return isSame(left, scaled, at) && !(at.digits === THOROUGH_DIGITS && at.absorbed);
}

function wholeIn(...nodes: readonly Node[]): ReadonlySet<string> {
  const whole = new Set<string>();
  nodes.forEach((node) => collectWhole(node, whole));
  return whole;
}

/** Variables that only whole numbers make sense for: in bounds of sums, factorials, binomials, remainders. */
function collectWhole(node: Node, found: Set<string>): void {
  const [from, to] = node.kind === 'series' ? node.items : [];
  const isCounted = node.kind === 'call' && ['factorial', 'binom', 'mod', 'gcd', 'lcm'].includes(node.name);
  for (const child of isCounted ? node.items : from && to ? [from, to] : []) {
    freeSymbols(child, found);
  }
  for (const child of childrenOf(node)) {
    collectWhole(child, found);
  }
}

/** The values of all variables at one of the points: the same at every call, unrelated between variables. */
function pointAt(
  point: number,
  variables: readonly string[],
  whole: ReadonlySet<string>,
): ReadonlyMap<string, Rational> {
  let state = 7_919 * (point + 1);
  const draw = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  return new Map(
    variables.map((name) => {
      if (whole.has(name)) {
        return [name, { numerator: BigInt(point + 2 + draw(5)), denominator: 1n }];
      }
      const size = BigInt(2 * draw(60) + 5);
      const negative = point >= POINTS / 2 && (draw(2) === 1 || variables.length === 1 || point === POINTS - 1);
      return [name, { numerator: negative ? -size : size, denominator: 32n }];
    }),
  );
}

/**
 * Numbers too large to have digits: equal powers of one base have equal exponents, equal factorials are of equal numbers; what
 * both sides have alike is left out.
 */
function sameHuge(left: Node, right: Node, precision: number): boolean {
  if (left.kind === 'power' && right.kind === 'power') {
    const [base, exponent] = left.items;
    const isBase = base.kind === 'number' && base.value.numerator > base.value.denominator;
    return isBase && keyOf(base) === keyOf(right.items[0]) && sameExpression(exponent, right.items[1], precision);
  }
  if (left.kind === 'call' && right.kind === 'call' && left.name === 'factorial' && right.name === 'factorial') {
    const [first, second] = [left.items[0], right.items[0]];
    return first !== undefined && second !== undefined && sameExpression(first, second, precision);
  }
  const isFlat = (left.kind === 'sum' || left.kind === 'product') && left.kind === right.kind;
  if (!isFlat || !('items' in right) || left.items.length !== right.items.length) {
    return false;
  }
  const others = right.items.map((item) => ({ item, key: keyOf(item) }));
  const remaining = left.items.filter((item) => {
    const key = keyOf(item);
    const index = others.findIndex((other) => other.key === key);
    if (index >= 0) {
      others.splice(index, 1);
    }
    return index < 0;
  });
  const [first, second] = [remaining[0], others[0]?.item];
  return (
    remaining.length === 1 && first !== undefined && second !== undefined && sameExpression(first, second, precision)
  );
}

/**
 * The order of two real numbers: the sign of `left - right`; undefined where one is no real number.
 */
export function orderOf(left: Node, right: Node): -1 | 0 | 1 | undefined {
  const infinities = [infinitySign(left), infinitySign(right)];
  if (infinities[0] !== undefined || infinities[1] !== undefined) {
    return orderOfNumbers(infinities[0] ?? 0, infinities[1] ?? 0);
  }
  if (contains(left, 'symbol') || contains(right, 'symbol')) {
    return undefined;
  }
  const at = evaluation(QUICK_DIGITS, NO_VARIABLES, NUMBER_BITS);
  const [first, second] = [valueOf(left, at), valueOf(right, at)];
  if (!first || !second) {
    return undefined;
  }
  if (first.exact && second.exact) {
    const difference =
      first.exact.numerator * second.exact.denominator - second.exact.numerator * first.exact.denominator;
    return orderOfNumbers(difference < 0n ? -1 : difference > 0n ? 1 : 0, 0);
  }
  const [one, other] = [approximate(first), approximate(second)];
  if (!isReal(one) || !isReal(other)) {
    return undefined;
  }
  const isApart = isFarApart(first, second, at);
  if (!isApart && sameExpression(left, right, QUICK_DIGITS)) {
    return 0;
  }
  return one.re.lt(other.re) ? -1 : 1;
}

function orderOfNumbers(left: number, right: number): -1 | 0 | 1 {
  return left === right ? 0 : left < right ? -1 : 1;
}
