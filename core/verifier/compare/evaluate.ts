import { BigDecimal } from '@cortex-js/compute-engine';
import { applyOperator, formatRational, rational, type Rational } from '../rational.ts';
import {
  add,
  complexPower,
  divide,
  fromRational,
  isReal,
  isZero,
  logarithm,
  multiply,
  negate,
  NoValue,
  real,
  sizeOf,
  squareRoot,
  wholePower,
  type ComplexNumber,
  type Computation,
} from './complexNumber.ts';
import { functions, imaginaryUnit } from './functions.ts';
import { exactCall } from './exactFunctions.ts';
import type { Node } from './node.ts';

/** A number: as an exact fraction, or with many digits. */
export type Value = { readonly exact: Rational } | { readonly exact?: never; readonly approximate: ComplexNumber };

/** What an evaluation may use and use up. */
export interface Evaluation extends Computation {
  readonly variables: ReadonlyMap<string, Rational>;
  /** Exact fractions of more bits than this go on as digits. */
  readonly exactBits: number;
  /** Nodes that may still be visited. */
  budget: number;
}

const ZERO: Value = { exact: { numerator: 0n, denominator: 1n } };
const UNKNOWN_BASE: Rational = { numerator: 73_871n, denominator: 10_007n };
const MOST_TERMS = 100_000n;
/** Terms that must fall one after the other, and digits that they must be below the last that counts. */
const FALLING_TERMS = 12;
/** Last digits that may be noise, so that what is smaller cannot be seen. */
const NOISE_DIGITS = 10;
const LARGEST_DEGREE = 1_000n;
const LONGEST_RADICAND = 20_000;
const LARGEST_EXPONENT = 1_000_000_000_000_000n;

/** The value of an expression at given values of its variables. Throws NoValue where there is none within the bounds. */
export function evaluate(node: Node, at: Evaluation): Value {
  if (--at.budget < 0) {
    throw new NoValue('takes too long');
  }
  switch (node.kind) {
    case 'number':
      return { exact: node.value };
    case 'symbol':
      return variableValue(node.name, at);
    case 'constant':
      return constantValue(node.name);
    case 'sum':
      return node.items.map((item) => evaluate(item, at)).reduce((left, right) => sum(left, right, at));
    case 'product':
      return node.items.map((item) => evaluate(item, at)).reduce((left, right) => product(left, right, at));
    case 'quotient':
      return quotient(evaluate(node.items[0], at), evaluate(node.items[1], at), at);
    case 'power':
      return power(evaluate(node.items[0], at), evaluate(node.items[1], at), at);
    case 'quantity':
      return quantityValue(node, at);
    case 'series':
      return seriesValue(node, at);
    case 'call':
      return call(node.name, node.items, at);
    case 'ratio':
      return node.items.length === 2
        ? node.items.map((item) => evaluate(item, at)).reduce((left, right) => quotient(left, right, at))
        : noValue('a ratio of three');
    default:
      return noValue(`no number: ${node.kind}`);
  }
}

function noValue(reason: string): never {
  throw new NoValue(reason);
}

function variableValue(name: string, at: Evaluation): Value {
  const exact = at.variables.get(name);
  return exact ? { exact } : noValue(`no value of ${name}`);
}

function constantValue(name: 'pi' | 'e' | 'i' | 'infinity'): Value {
  switch (name) {
    case 'pi':
      return { approximate: real(BigDecimal.PI) };
    case 'e':
      return { approximate: real(eulerNumber()) };
    case 'i':
      return { approximate: imaginaryUnit };
    case 'infinity':
      return noValue('infinity');
  }
}

const eulerNumbers = new Map<number, BigDecimal>();

/** e at the working precision, computed once for each. */
function eulerNumber(): BigDecimal {
  const { precision } = BigDecimal;
  const known = eulerNumbers.get(precision) ?? new BigDecimal(1).exp();
  eulerNumbers.set(precision, known);
  return known;
}

/** Percent and degrees are numbers; other units are left to who compares. */
function quantityValue(node: Extract<Node, { kind: 'quantity' }>, at: Evaluation): Value {
  const value = evaluate(node.items[0], at);
  if (node.unit.dimension === 'percent') {
    return product(value, { exact: { numerator: 1n, denominator: 100n } }, at);
  }
  if (node.unit.dimension === 'angle') {
    const scaled = product(value, { exact: node.unit.factor }, at);
    return node.unit.timesPi ? product(scaled, constantValue('pi'), at) : scaled;
  }
  return noValue(`a quantity in ${node.unit.name}`);
}

/** The number with its digits. */
export function approximate(value: Value): ComplexNumber {
  return value.exact ? fromRational(value.exact) : value.approximate;
}

function bits(value: Rational): number {
  return bitLength(value.numerator) + bitLength(value.denominator);
}

function bitLength(value: bigint): number {
  const size = value < 0n ? -value : value;
  // Hexadecimal digits are counted without a division, which decimal ones need.
  return size < 4_503_599_627_370_496n ? 52 : size.toString(16).length * 4;
}

/** An exact result while it is small enough, else its digits. */
function limited(exact: Rational | undefined, at: Evaluation): Value {
  if (exact === undefined) {
    return noValue('divides by zero');
  }
  return exact.numerator < 1_000_000_000n && exact.denominator < 1_000_000_000n && exact.numerator > -1_000_000_000n
    ? { exact }
    : bits(exact) <= at.exactBits
      ? { exact }
      : { approximate: fromRational(exact) };
}

function sum(left: Value, right: Value, at: Evaluation): Value {
  return left.exact && right.exact
    ? limited(applyOperator('+', left.exact, right.exact), at)
    : { approximate: add(approximate(left), approximate(right), at) };
}

/** `left * right`. */
export function product(left: Value, right: Value, at: Evaluation): Value {
  if (left.exact && right.exact) {
    return limited(applyOperator('*', left.exact, right.exact), at);
  }
  if (left.exact?.numerator === 0n || right.exact?.numerator === 0n) {
    return ZERO;
  }
  return { approximate: multiply(approximate(left), approximate(right), at) };
}

/** `top / bottom`. */
export function quotient(top: Value, bottom: Value, at: Evaluation): Value {
  return top.exact && bottom.exact
    ? limited(applyOperator('/', top.exact, bottom.exact), at)
    : { approximate: divide(approximate(top), approximate(bottom), at) };
}

/** Powers: exact where they are fractions, real for odd roots of negative numbers, principal otherwise. */
function power(base: Value, exponent: Value, at: Evaluation): Value {
  if (isZeroValue(base)) {
    return exponent.exact && exponent.exact.numerator > 0n ? ZERO : noValue('0 to a power');
  }
  if (!exponent.exact) {
    return { approximate: complexPower(approximate(base), approximate(exponent), at) };
  }
  const { numerator, denominator } = exponent.exact;
  if (denominator === 1n) {
    return wholePowerOf(base, numerator, at);
  }
  const sign = signOf(base);
  if (sign === undefined || (sign < 0 && denominator % 2n === 0n)) {
    return { approximate: complexPower(approximate(base), fromRational(exponent.exact), at) };
  }
  const root = positiveRoot(sign < 0 ? negativeOf(base) : base, denominator, at);
  return wholePowerOf(sign < 0 ? negativeOf(root) : root, numerator, at);
}

/** The sign of a real value that is not 0; undefined for a complex one. */
function signOf(value: Value): 1 | -1 | undefined {
  if (value.exact) {
    return value.exact.numerator < 0n ? -1 : 1;
  }
  return isReal(value.approximate) ? (value.approximate.re.isNegative() ? -1 : 1) : undefined;
}

function negativeOf(value: Value): Value {
  return value.exact
    ? { exact: { numerator: -value.exact.numerator, denominator: value.exact.denominator } }
    : { approximate: negate(value.approximate) };
}

function isZeroValue(value: Value): boolean {
  return value.exact ? value.exact.numerator === 0n : isZero(value.approximate);
}

/** The real root of a positive value. */
function positiveRoot(value: Value, degree: bigint, at: Evaluation): Value {
  const exact = value.exact && exactRoot(value.exact, degree);
  if (exact) {
    return { exact };
  }
  const digits = approximate(value);
  return {
    approximate:
      degree === 2n
        ? squareRoot(digits, at)
        : complexPower(digits, fromRational({ numerator: 1n, denominator: degree }), at),
  };
}

function exactRoot(value: Rational, degree: bigint): Rational | undefined {
  const numerator = wholeRoot(value.numerator, degree);
  const denominator = numerator === undefined ? undefined : wholeRoot(value.denominator, degree);
  return numerator !== undefined && denominator !== undefined ? { numerator, denominator } : undefined;
}

/** The whole root of a whole number, by Newton's method from above; undefined where there is none. */
function wholeRoot(value: bigint, degree: bigint): bigint | undefined {
  const length = exactBits(value);
  if (value < 2n || degree > LARGEST_DEGREE || length > LONGEST_RADICAND) {
    return value < 2n ? value : undefined;
  }
  const count = Number(degree);
  let guess = 1n << BigInt(Math.floor(length / count) + 1);
  for (;;) {
    const next = ((degree - 1n) * guess + value / guess ** (degree - 1n)) / degree;
    if (next >= guess) {
      return guess ** degree === value ? guess : undefined;
    }
    guess = next;
  }
}

function wholePowerOf(base: Value, exponent: bigint, at: Evaluation): Value {
  const size = exponent < 0n ? -exponent : exponent;
  if (isZeroValue(base)) {
    return exponent > 0n ? ZERO : noValue('0 to a power');
  }
  if (base.exact) {
    const exact = exactPower(base.exact, size, at);
    const inverse = exact && exponent < 0n ? rational(exact.denominator, exact.numerator) : exact;
    if (inverse) {
      return { exact: inverse };
    }
  }
  // Each digit of the exponent costs one of the result, and there are fifteen to spare.
  return size < LARGEST_EXPONENT
    ? { approximate: wholePower(approximate(base), exponent, at) }
    : noValue('a power too high');
}

function exactPower({ numerator, denominator }: Rational, size: bigint, at: Evaluation): Rational | undefined {
  if (denominator === 1n && (numerator === 1n || numerator === -1n)) {
    return { numerator: size % 2n === 0n ? 1n : numerator, denominator };
  }
  const length = Math.max(exactBits(numerator), exactBits(denominator));
  return size <= BigInt(at.exactBits) && Number(size) * length <= at.exactBits
    ? { numerator: numerator ** size, denominator: denominator ** size }
    : undefined;
}

function exactBits(value: bigint): number {
  return (value < 0n ? -value : value).toString(2).length;
}

/** A sum or product over whole numbers; an infinite sum only if its terms soon fall faster than a geometric series. */
function seriesValue(node: Extract<Node, { kind: 'series' }>, at: Evaluation): Value {
  const [start, end, body] = node.items;
  const from = evaluate(start, at).exact;
  const isInfinite = end.kind === 'constant' && end.name === 'infinity' && node.name === 'sum';
  const to = isInfinite ? undefined : evaluate(end, at).exact;
  if (
    from?.denominator !== 1n ||
    (!isInfinite && (to?.denominator !== 1n || to.numerator - from.numerator > MOST_TERMS))
  ) {
    return noValue('a series without whole bounds, or too long');
  }
  const last = to?.numerator ?? from.numerator + MOST_TERMS;
  const variables = new Map(at.variables);
  const inner: Evaluation = { ...at, variables };
  let total: Value = { exact: { numerator: node.name === 'sum' ? 0n : 1n, denominator: 1n } };
  let previous = Infinity;
  let falling = 0;
  for (let index = from.numerator; index <= last; index++) {
    variables.set(node.variable, { numerator: index, denominator: 1n });
    const term = evaluate(body, inner);
    total = node.name === 'sum' ? sum(total, term, inner) : product(total, term, inner);
    if (isInfinite) {
      total = { approximate: approximate(total) };
      const size = sizeOf(approximate(term));
      falling = size <= previous ? falling + 1 : 0;
      previous = size;
      if (falling > FALLING_TERMS && size < sizeOf(approximate(total)) - at.digits - FALLING_TERMS) {
        break;
      }
    }
  }
  at.budget = inner.budget;
  at.absorbed ||= inner.absorbed && !isInfinite;
  return isInfinite && previous > sizeOf(approximate(total)) - at.digits ? noValue('no convergence') : total;
}

function call(name: string, items: readonly Node[], at: Evaluation): Value {
  const values = items.map((item) => evaluate(item, at));
  const [first, second] = values;
  if (first === undefined) {
    return noValue('no argument');
  }
  if (name === 'root' && second) {
    return power(first, quotient({ exact: { numerator: 1n, denominator: 1n } }, second, at), at);
  }
  if (name === 'log' || name === 'lg' || name === 'ln') {
    return logarithmOf(name, first, second, at);
  }
  if (name === 'cbrt') {
    return power(first, { exact: { numerator: 1n, denominator: 3n } }, at);
  }
  if (name.startsWith('function ')) {
    return { exact: unknownValue(`${name}(${values.map(exactText).join(';')})`) };
  }
  const exact = exactCall(
    name,
    values.map((value) => value.exact),
    at.exactBits,
  );
  if (exact) {
    return { exact };
  }
  if (name === 'max' || name === 'min') {
    return values.reduce((best, value) => (isLess(best, value) === (name === 'max') ? value : best));
  }
  const ofOne = values.length === 1 ? functions.get(name) : undefined;
  if (!ofOne) {
    return noValue(`no function ${name} of these`);
  }
  const digits = approximate(first);
  // Of so small an argument the function's second term is beyond the last digit.
  at.absorbed ||= !isZero(digits) && 2 * sizeOf(digits) < NOISE_DIGITS - at.digits;
  return { approximate: ofOne(digits, at) };
}

function isLess(left: Value, right: Value): boolean {
  const [lower, upper] = [approximate(left), approximate(right)];
  return isReal(lower) && isReal(upper) ? lower.re.lt(upper.re) : noValue('complex numbers have no order');
}

/** To the given base; `\log` without one has a base that nobody knows, so that only what holds for all bases is true. */
function logarithmOf(name: string, value: Value, base: Value | undefined, at: Evaluation): Value {
  const digits = logarithm(approximate(value));
  if (name === 'ln' && !base) {
    return value.exact && value.exact.numerator === value.exact.denominator ? ZERO : { approximate: digits };
  }
  const known = base ?? { exact: name === 'lg' ? { numerator: 10n, denominator: 1n } : UNKNOWN_BASE };
  return { approximate: divide(digits, logarithm(approximate(known)), at) };
}

function exactText(value: Value): string {
  return value.exact ? formatRational(value.exact) : noValue('an unknown function of no fraction');
}

/** Some fraction that depends on nothing but a text: the value of a function that nobody knows. */
function unknownValue(text: string): Rational {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619) >>> 0;
  }
  return { numerator: BigInt(hash % 997_003) + 13n, denominator: 100_003n };
}
