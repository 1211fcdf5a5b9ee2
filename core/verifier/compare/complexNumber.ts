import { BigDecimal } from '@cortex-js/compute-engine';
import type { Rational } from '../rational.ts';

/** A complex number of many decimal digits. */
export interface ComplexNumber {
  readonly re: BigDecimal;
  readonly im: BigDecimal;
}

/** Digits that are computed beyond those that count. */
const GUARD_DIGITS = 15;
/** Decimal exponents beyond this count as overflow. */
const LARGEST_EXPONENT = 1e14;
/** Arguments of periodic functions with more digits before the point than this have too few left. */
const LONGEST_ANGLE = 25;

/** A value that does not exist, or that cannot be found within bounds. */
export class NoValue extends Error {}

/** How a computation is done, and what happened to it on the way. */
export interface Computation {
  /** Significant digits that count. */
  readonly digits: number;
  /** Whether something that is not zero vanished beside something larger: then equal digits prove nothing. */
  absorbed: boolean;
}

const ZERO = new BigDecimal(0);
const ONE = new BigDecimal(1);

/** A computation with so many digits; sets the library's working precision, which is global. */
export function computation(digits: number): Computation {
  BigDecimal.precision = digits + GUARD_DIGITS;
  return { digits, absorbed: false };
}

function rounded(value: BigDecimal): BigDecimal {
  const result = value.toPrecision(BigDecimal.precision);
  if (!result.isFinite() || Math.abs(result.exponent) > LARGEST_EXPONENT) {
    throw new NoValue('overflows');
  }
  return result;
}

/** The decimal exponent of a number's first digit; that of 0 is -Infinity. */
export function magnitude(value: BigDecimal): number {
  if (value.isZero()) {
    return -Infinity;
  }
  const digits = value.significand.toString().length - (value.significand < 0n ? 1 : 0);
  return digits + value.exponent;
}

/** A real number. */
export function real(value: BigDecimal): ComplexNumber {
  return { re: value, im: ZERO };
}

/** The digits of an exact fraction. */
export function fromRational(value: Rational): ComplexNumber {
  const top = rounded(new BigDecimal(value.numerator));
  return real(value.denominator === 1n ? top : rounded(top.div(rounded(new BigDecimal(value.denominator)))));
}

/** Whether a number is 0. */
export function isZero(value: ComplexNumber): boolean {
  return value.re.isZero() && value.im.isZero();
}

/** Whether a number has no imaginary part. */
export function isReal(value: ComplexNumber): boolean {
  return value.im.isZero();
}

/** The larger decimal exponent of the two parts. */
export function sizeOf(value: ComplexNumber): number {
  return Math.max(magnitude(value.re), magnitude(value.im));
}

function addReal(left: BigDecimal, right: BigDecimal, at: Computation): BigDecimal {
  if (left.isZero() || right.isZero()) {
    return left.isZero() ? right : left;
  }
  const gap = magnitude(left) - magnitude(right);
  if (Math.abs(gap) > at.digits) {
    at.absorbed = true;
    return gap > 0 ? left : right;
  }
  return rounded(left.add(right));
}

/** Sets to zero what is left when two numbers cancel. */
function chopped(value: BigDecimal, size: number, at: Computation): BigDecimal {
  return magnitude(value) < size - at.digits ? ZERO : value;
}

/** The sum; 0 where two numbers cancel but for the noise of their last digits. */
export function add(left: ComplexNumber, right: ComplexNumber, at: Computation): ComplexNumber {
  const size = Math.max(sizeOf(left), sizeOf(right));
  return {
    re: chopped(addReal(left.re, right.re, at), size, at),
    im: chopped(addReal(left.im, right.im, at), size, at),
  };
}

/** The negative. */
export function negate(value: ComplexNumber): ComplexNumber {
  return { re: value.re.neg(), im: value.im.neg() };
}

/** The product. */
export function multiply(left: ComplexNumber, right: ComplexNumber, at: Computation): ComplexNumber {
  if (isReal(left) && isReal(right)) {
    return real(rounded(left.re.mul(right.re)));
  }
  const products = [left.re.mul(right.re), left.im.mul(right.im), left.re.mul(right.im), left.im.mul(right.re)].map(
    rounded,
  );
  const [reRe = ZERO, imIm = ZERO, reIm = ZERO, imRe = ZERO] = products;
  const size = Math.max(...products.map(magnitude));
  return {
    re: chopped(addReal(reRe, imIm.neg(), at), size, at),
    im: chopped(addReal(reIm, imRe, at), size, at),
  };
}

/** The quotient. Throws NoValue for a division by 0. */
export function divide(top: ComplexNumber, bottom: ComplexNumber, at: Computation): ComplexNumber {
  if (isZero(bottom)) {
    throw new NoValue('divides by zero');
  }
  if (isReal(bottom)) {
    return { re: rounded(top.re.div(bottom.re)), im: top.im.isZero() ? ZERO : rounded(top.im.div(bottom.re)) };
  }
  const size = rounded(rounded(bottom.re.mul(bottom.re)).add(rounded(bottom.im.mul(bottom.im))));
  const product = multiply(top, { re: bottom.re, im: bottom.im.neg() }, at);
  return { re: rounded(product.re.div(size)), im: rounded(product.im.div(size)) };
}

/** |z|. */
export function absolute(value: ComplexNumber): BigDecimal {
  return isReal(value)
    ? value.re.abs()
    : rounded(rounded(rounded(value.re.mul(value.re)).add(rounded(value.im.mul(value.im)))).sqrt());
}

/** The argument of a number, in (-pi, pi]. */
export function argument(value: ComplexNumber): BigDecimal {
  if (isZero(value)) {
    throw new NoValue('0 has no argument');
  }
  if (value.im.isZero()) {
    return value.re.isNegative() ? BigDecimal.PI : ZERO;
  }
  const half = rounded(BigDecimal.PI.div(2));
  if (value.re.isZero()) {
    return value.im.isNegative() ? half.neg() : half;
  }
  const angle = rounded(rounded(value.im.div(value.re)).atan());
  if (!value.re.isNegative()) {
    return angle;
  }
  return rounded(value.im.isNegative() ? angle.sub(BigDecimal.PI) : angle.add(BigDecimal.PI));
}

/** The principal logarithm. */
export function logarithm(value: ComplexNumber): ComplexNumber {
  const size = absolute(value);
  if (size.isZero()) {
    throw new NoValue('the logarithm of 0');
  }
  return { re: rounded(size.ln()), im: argument(value) };
}

/** e to a power. Throws NoValue where it overflows. */
export function exponential(value: ComplexNumber, at: Computation): ComplexNumber {
  if (magnitude(value.re) > LONGEST_ANGLE) {
    throw new NoValue('overflows');
  }
  if (2 * sizeOf(value) < 10 - at.digits && !isZero(value)) {
    at.absorbed = true;
  }
  const scale = rounded(value.re.exp());
  if (scale.isZero()) {
    throw new NoValue('underflows');
  }
  if (isReal(value)) {
    return real(scale);
  }
  const { sine, cosine } = circle(value.im, at);
  return { re: rounded(scale.mul(cosine)), im: rounded(scale.mul(sine)) };
}

/** Sine and cosine of a real angle; exactly 0 where they are so close to it that nothing else is meant. */
export function circle(angle: BigDecimal, at: Computation): { sine: BigDecimal; cosine: BigDecimal } {
  if (magnitude(angle) > LONGEST_ANGLE) {
    throw new NoValue('an angle of too many turns');
  }
  if (magnitude(angle) < -at.digits && !angle.isZero()) {
    at.absorbed = true;
  }
  // Whole turns cost as many digits as they have.
  const size = Math.max(0, magnitude(angle)) - 1;
  const sine = rounded(angle.sin());
  return {
    sine: magnitude(angle) > 0 ? chopped(sine, size, at) : sine,
    cosine: chopped(rounded(angle.cos()), size, at),
  };
}

/** A whole power by repeated squaring. */
export function wholePower(base: ComplexNumber, exponent: bigint, at: Computation): ComplexNumber {
  let result = real(ONE);
  let square = base;
  for (let rest = exponent < 0n ? -exponent : exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) {
      result = multiply(result, square, at);
    }
    square = rest > 1n ? multiply(square, square, at) : square;
  }
  return exponent < 0n ? divide(real(ONE), result, at) : result;
}

/** `base^exponent`: e to the exponent times the principal logarithm. */
export function complexPower(base: ComplexNumber, exponent: ComplexNumber, at: Computation): ComplexNumber {
  return exponential(multiply(exponent, logarithm(base), at), at);
}

/** The principal square root. */
export function squareRoot(value: ComplexNumber, at: Computation): ComplexNumber {
  if (isReal(value)) {
    const root = rounded(value.re.abs().sqrt());
    return value.re.isNegative() ? { re: ZERO, im: root } : real(root);
  }
  return complexPower(value, real(new BigDecimal('0.5')), at);
}
