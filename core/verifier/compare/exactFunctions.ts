import { rational, type Rational } from '../rational.ts';

const LARGEST_CHOICE = 20_000n;
const LARGEST_DOUBLE = 5_000n;

/** A function of exact fractions whose value is one; undefined where it is not, or is of more than `bits` bits. */
export function exactCall(name: string, values: readonly (Rational | undefined)[], bits: number): Rational | undefined {
  const known = values.filter((value) => value !== undefined);
  const [first, second] = known;
  if (known.length !== values.length || !first) {
    return undefined;
  }
  switch (name) {
    case 'abs':
      return { numerator: magnitude(first.numerator), denominator: first.denominator };
    case 'floor':
      return whole(floorOf(first));
    case 'ceil':
      return whole(-floorOf({ numerator: -first.numerator, denominator: first.denominator }));
    case 're':
    case 'conj':
      return first;
    case 'im':
      return whole(0n);
    case 'factorial':
      return isCount(first) ? factorial(first.numerator, bits) : undefined;
    case 'double factorial':
      return isCount(first) ? doubleFactorial(first.numerator) : undefined;
    case 'binom':
      return second && isCount(second) ? binomial(first, second.numerator, bits) : undefined;
    case 'mod':
      return second && second.numerator > 0n ? remainder(first, second) : undefined;
    case 'gcd':
    case 'lcm':
      return commonOf(name, known);
    default:
      return undefined;
  }
}

function whole(numerator: bigint): Rational {
  return { numerator, denominator: 1n };
}

function commonOf(name: 'gcd' | 'lcm', values: readonly Rational[]): Rational | undefined {
  return values.every((value) => value.denominator === 1n)
    ? whole(values.map((value) => value.numerator).reduce((left, right) => common(name, left, right)))
    : undefined;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function isCount(value: Rational): boolean {
  return value.denominator === 1n && value.numerator >= 0n;
}

function floorOf({ numerator, denominator }: Rational): bigint {
  const quotient = numerator / denominator;
  return numerator % denominator < 0n ? quotient - 1n : quotient;
}

function factorial(count: bigint, bits: number): Rational | undefined {
  const size = Number(count);
  return size * Math.log2(size + 1) > bits ? undefined : whole(productOfRange(1n, count));
}

/** n (n - 2) (n - 4) ... */
function doubleFactorial(count: bigint): Rational | undefined {
  let product = 1n;
  for (let factor = count > LARGEST_DOUBLE ? 0n : count; factor > 1n; factor -= 2n) {
    product *= factor;
  }
  return count > LARGEST_DOUBLE ? undefined : whole(product);
}

/** The product of all whole numbers in a range, halved again and again so that the factors stay of one size. */
function productOfRange(from: bigint, to: bigint): bigint {
  if (to - from < 8n) {
    let product = 1n;
    for (let factor = from; factor <= to; factor++) {
      product *= factor;
    }
    return product;
  }
  const middle = (from + to) / 2n;
  return productOfRange(from, middle) * productOfRange(middle + 1n, to);
}

/** n (n - 1) ... (n - k + 1) / k!, for any fraction n. */
function binomial(from: Rational, chosen: bigint, bits: number): Rational | undefined {
  const isWhole = from.denominator === 1n && from.numerator >= 0n;
  if (isWhole && chosen > from.numerator) {
    return whole(0n);
  }
  const count = isWhole && chosen * 2n > from.numerator ? from.numerator - chosen : chosen;
  if (count > LARGEST_CHOICE || Number(count) * Math.log2(Number(magnitude(from.numerator)) + 2) > bits) {
    return undefined;
  }
  let top = 1n;
  for (let index = 0n; index < count; index++) {
    top *= from.numerator - index * from.denominator;
  }
  return rational(top, productOfRange(1n, count) * from.denominator ** count);
}

function remainder(value: Rational, modulus: Rational): Rational | undefined {
  const scaled = rational(value.numerator * modulus.denominator, value.denominator * modulus.numerator);
  const turns = scaled && floorOf(scaled);
  return turns === undefined
    ? undefined
    : rational(
        value.numerator * modulus.denominator - turns * modulus.numerator * value.denominator,
        value.denominator * modulus.denominator,
      );
}

function common(name: 'gcd' | 'lcm', left: bigint, right: bigint): bigint {
  let [larger, smaller] = [magnitude(left), magnitude(right)];
  while (smaller !== 0n) {
    [larger, smaller] = [smaller, larger % smaller];
  }
  return name === 'gcd' || larger === 0n ? larger : magnitude(left * right) / larger;
}
