/**
 * A whole number written in symbols that stand for primes: coefficients by monomial. A monomial is the list of its primes in ascending
 * order, joined by commas; the constant term's is empty.
 */
export type Polynomial = ReadonlyMap<string, number>;

/** A polynomial taken apart into `content`, the `primes` common to all terms, and what is left. */
export interface SplitPolynomial {
  readonly content: number;
  readonly primes: readonly number[];
  readonly rest: Polynomial;
}

/** A coefficient times a product of primes. */
export function term(coefficient: number, primes: readonly number[] = []): Polynomial {
  return withoutZeros(new Map([[keyOf(primes), coefficient]]));
}

/** p + factor q */
export function addPolynomials(p: Polynomial, q: Polynomial, factor = 1): Polynomial {
  const sum = new Map(p);
  for (const [key, coefficient] of q) sum.set(key, (sum.get(key) ?? 0) + factor * coefficient);
  return withoutZeros(sum);
}

/** p q */
export function multiplyPolynomials(p: Polynomial, q: Polynomial): Polynomial {
  let product: Polynomial = new Map();
  for (const [left, a] of p) {
    const shifted = new Map(
      [...q].map(([right, b]): [string, number] => [keyOf([...primesOf(left), ...primesOf(right)]), a * b]),
    );
    product = addPolynomials(product, shifted);
  }
  return product;
}

/** The primes of a monomial. */
export function primesOf(monomial: string): readonly number[] {
  return monomial === '' ? [] : monomial.split(',').map(Number);
}

/** Takes the largest number and monomial out that divide every term. */
export function splitPolynomial(p: Polynomial): SplitPolynomial {
  const content = [...p.values()].reduce(
    (divisor, coefficient) => greatestCommonDivisor(divisor, Math.abs(coefficient)),
    0,
  );
  const [first = '', ...others] = p.keys();
  const primes = others.reduce<readonly number[]>(
    (common, monomial) => intersect(common, primesOf(monomial)),
    primesOf(first),
  );
  const rest = [...p].map(([key, coefficient]): [string, number] => [
    keyOf(subtract(primesOf(key), primes)),
    coefficient / content,
  ]);
  return { content, primes, rest: new Map(rest) };
}

/** A polynomial as people read it, terms in alphabetical order and the constant last: `past+2*time-1`. */
export function describePolynomial(p: Polynomial, nameOf: (prime: number) => string): string {
  const terms = [...p].map(([key, coefficient]) => ({ coefficient, name: primesOf(key).map(nameOf).sort().join('*') }));
  const byName = (a: { name: string }, b: { name: string }): number =>
    a.name === '' || (b.name !== '' && a.name > b.name) ? 1 : -1;
  const text = terms.sort(byName).map(({ coefficient, name }) => {
    const magnitude = Math.abs(coefficient);
    const factors = name === '' ? [magnitude] : magnitude === 1 ? [name] : [magnitude, name];
    return `${coefficient < 0 ? '-' : '+'}${factors.join('*')}`;
  });
  return text.join('').replace(/^\+/, '');
}

function keyOf(primes: readonly number[]): string {
  return primes.toSorted((a, b) => a - b).join(',');
}

function withoutZeros(p: Polynomial): Polynomial {
  return new Map([...p].filter(([, coefficient]) => coefficient !== 0));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** What is left of `primes` when each of `removed` is taken out once. */
function subtract(primes: readonly number[], removed: readonly number[]): readonly number[] {
  const left = [...primes];
  for (const prime of removed) {
    const index = left.indexOf(prime);
    if (index >= 0) left.splice(index, 1);
  }
  return left;
}

function intersect(a: readonly number[], b: readonly number[]): readonly number[] {
  return subtract(a, subtract(a, b));
}
