import { describe, expect, it } from 'vitest';
import {
  addPolynomials,
  describePolynomial,
  multiplyPolynomials,
  primesOf,
  splitPolynomial,
  term,
  type Polynomial,
} from '../../core/tensor/polynomial.ts';
import { randomStream, type RandomStream } from '../../core/tensor/random.ts';

const primes = [2, 3, 5];

function randomPolynomial(random: RandomStream): Polynomial {
  return Array.from({ length: 1 + random.integer(4) }).reduce<Polynomial>((sum) => {
    const factors = Array.from({ length: random.integer(3) }, () => primes[random.integer(3)]!);
    return addPolynomials(sum, term(random.integer(13) - 6, factors));
  }, term(0));
}

/** With the symbols at other numbers than their primes, so that equal values mean equal polynomials. */
function evaluate(p: Polynomial): number {
  const at = new Map([
    [2, 101],
    [3, 10_007],
    [5, -13],
  ]);
  return [...p].reduce(
    (sum, [monomial, coefficient]) =>
      sum + primesOf(monomial).reduce((product, prime) => product * at.get(prime)!, coefficient),
    0,
  );
}

describe('polynomials', () => {
  it('add, subtract and multiply as their values do', () => {
    const random = randomStream(3, 'polynomials');
    for (let i = 0; i < 300; i++) {
      const [p, q] = [randomPolynomial(random), randomPolynomial(random)];
      expect(evaluate(addPolynomials(p, q))).toBe(evaluate(p) + evaluate(q));
      expect(evaluate(addPolynomials(p, q, -1))).toBe(evaluate(p) - evaluate(q));
      expect(evaluate(multiplyPolynomials(p, q))).toBe(evaluate(p) * evaluate(q) + 0);
      expect([...addPolynomials(p, q).values()]).not.toContain(0);
      expect(addPolynomials(p, p, -1).size).toBe(0);
    }
  });

  it('split into a number, a monomial and the rest', () => {
    const random = randomStream(4, 'polynomials');
    for (let i = 0; i < 300; i++) {
      const p = randomPolynomial(random);
      if (p.size === 0) continue;
      const { content, primes: common, rest } = splitPolynomial(p);
      expect(evaluate(multiplyPolynomials(term(content, common), rest))).toBe(evaluate(p));
      expect(splitPolynomial(rest)).toEqual({ content: 1, primes: [], rest });
    }
  });

  it('are written in alphabetical order, the constant last', () => {
    const nameOf = (prime: number): string => ({ 2: 'time', 3: 'past' })[prime] ?? 'rows';
    const p = addPolynomials(addPolynomials(term(-1), term(2, [2])), addPolynomials(term(1, [3]), term(-3, [5, 3])));
    expect(describePolynomial(p, nameOf)).toBe('past-3*past*rows+2*time-1');
  });
});
