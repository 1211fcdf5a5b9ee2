import { BigDecimal } from '@cortex-js/compute-engine';
import {
  absolute,
  add,
  argument,
  circle,
  divide,
  exponential,
  isReal,
  isZero,
  logarithm,
  multiply,
  negate,
  NoValue,
  real,
  squareRoot,
  type ComplexNumber,
  type Computation,
} from './complexNumber.ts';

type ComplexFunction = (value: ComplexNumber, at: Computation) => ComplexNumber;

const ONE = real(new BigDecimal(1));
const TWO = real(new BigDecimal(2));
const I: ComplexNumber = { re: new BigDecimal(0), im: new BigDecimal(1) };
const TWO_I = multiplyByI(TWO);

function multiplyByI(value: ComplexNumber): ComplexNumber {
  return { re: value.im.neg(), im: value.re };
}

/** e^z and e^-z. */
function exponentials(value: ComplexNumber, at: Computation): readonly [ComplexNumber, ComplexNumber] {
  return [exponential(value, at), exponential(negate(value), at)];
}

function sinh(value: ComplexNumber, at: Computation): ComplexNumber {
  const [up, down] = exponentials(value, at);
  return divide(add(up, negate(down), at), TWO, at);
}

function cosh(value: ComplexNumber, at: Computation): ComplexNumber {
  const [up, down] = exponentials(value, at);
  return divide(add(up, down, at), TWO, at);
}

function sin(value: ComplexNumber, at: Computation): ComplexNumber {
  return isReal(value) ? real(circle(value.re, at).sine) : negate(multiplyByI(sinh(multiplyByI(value), at)));
}

function cos(value: ComplexNumber, at: Computation): ComplexNumber {
  return isReal(value) ? real(circle(value.re, at).cosine) : cosh(multiplyByI(value), at);
}

/** -i ln(iz + sqrt(1 - z^2)). */
function arcsin(value: ComplexNumber, at: Computation): ComplexNumber {
  const root = squareRoot(add(ONE, negate(multiply(value, value, at)), at), at);
  if (isReal(value) && isReal(root)) {
    return isZero(root)
      ? real(BigDecimal.PI.div(value.re.isNegative() ? -2 : 2))
      : real(value.re.div(root.re).toPrecision(BigDecimal.precision).atan());
  }
  return negate(multiplyByI(logarithm(add(multiplyByI(value), root, at))));
}

function arctan(value: ComplexNumber, at: Computation): ComplexNumber {
  if (isReal(value)) {
    return real(value.re.atan());
  }
  const [up, down] = [add(ONE, multiplyByI(value), at), add(ONE, negate(multiplyByI(value)), at)];
  return divide(add(logarithm(up), negate(logarithm(down)), at), TWO_I, at);
}

function arccos(value: ComplexNumber, at: Computation): ComplexNumber {
  return add(real(BigDecimal.PI.div(2)), negate(arcsin(value, at)), at);
}

function arcsinh(value: ComplexNumber, at: Computation): ComplexNumber {
  return logarithm(add(value, squareRoot(add(multiply(value, value, at), ONE, at), at), at));
}

function arccosh(value: ComplexNumber, at: Computation): ComplexNumber {
  const roots = multiply(squareRoot(add(value, ONE, at), at), squareRoot(add(value, negate(ONE), at), at), at);
  return logarithm(add(value, roots, at));
}

function arctanh(value: ComplexNumber, at: Computation): ComplexNumber {
  const [up, down] = [add(ONE, value, at), add(ONE, negate(value), at)];
  return divide(logarithm(divide(up, down, at)), TWO, at);
}

/** Rounds down; a number within the last digits of a whole one is that. */
function floor(value: ComplexNumber, at: Computation): ComplexNumber {
  if (!isReal(value)) {
    throw new NoValue('the floor of a complex number');
  }
  const nearest = value.re.round();
  const isWhole = value.re
    .sub(nearest)
    .abs()
    .lt(new BigDecimal(`1e-${Math.floor(at.digits / 2)}`));
  return real(isWhole ? nearest : value.re.floor());
}

function over(below: ComplexFunction): ComplexFunction {
  return (value, at) => divide(ONE, below(value, at), at);
}

function ofInverse(inverse: ComplexFunction): ComplexFunction {
  return (value, at) => inverse(divide(ONE, value, at), at);
}

/** Functions of one number, by name; each with its principal value, and NoValue where there is none. */
export const functions: ReadonlyMap<string, ComplexFunction> = new Map<string, ComplexFunction>([
  ['sin', sin],
  ['cos', cos],
  ['tan', (value, at) => divide(sin(value, at), cos(value, at), at)],
  ['cot', (value, at) => divide(cos(value, at), sin(value, at), at)],
  ['sec', over(cos)],
  ['csc', over(sin)],
  ['sinh', sinh],
  ['cosh', cosh],
  ['tanh', (value, at) => divide(sinh(value, at), cosh(value, at), at)],
  ['coth', (value, at) => divide(cosh(value, at), sinh(value, at), at)],
  ['sech', over(cosh)],
  ['csch', over(sinh)],
  ['arcsin', arcsin],
  ['arccos', arccos],
  ['arctan', arctan],
  ['arccot', (value, at) => add(real(BigDecimal.PI.div(2)), negate(arctan(value, at)), at)],
  ['arcsec', ofInverse(arccos)],
  ['arccsc', ofInverse(arcsin)],
  ['arcsinh', arcsinh],
  ['arccosh', arccosh],
  ['arctanh', arctanh],
  ['exp', exponential],
  ['ln', (value) => logarithm(value)],
  ['abs', (value) => real(absolute(value))],
  ['arg', (value) => real(argument(value))],
  ['re', (value) => real(value.re)],
  ['im', (value) => real(value.im)],
  ['conj', (value) => ({ re: value.re, im: value.im.neg() })],
  ['floor', floor],
  ['ceil', (value, at) => negate(floor(negate(value), at))],
]);

/** The imaginary unit. */
export const imaginaryUnit = I;
