import { describe, expect, it } from 'vitest';
import { randomStream, type RandomStream } from '../../core/tensor/random.ts';
import { primeRegions, Symbols } from '../../core/tensor/symbols.ts';
import { primesOf } from '../../core/tensor/polynomial.ts';

const names = ['rows', 'time', 'past'];

/** What a size is when the symbols have these values. */
function valueOf(symbols: Symbols, size: number, values: ReadonlyMap<number, number>): number {
  const { factor, symbols: parts } = symbols.factor(size);
  return parts.reduce((product, { prime, polynomial }) => {
    if (polynomial === undefined) return product * (values.get(prime) ?? NaN);
    const terms = [...polynomial].map(([monomial, coefficient]) =>
      primesOf(monomial).reduce((each, inner) => {
        const symbol = symbols.withPrime(inner)!;
        return each * (symbol.polynomial === undefined ? values.get(inner)! : valueOf(symbols, inner, values));
      }, coefficient),
    );
    return product * terms.reduce((sum, each) => sum + each, 0);
  }, factor);
}

/** A size made of the symbols by the ops that shapes go through, and its value. */
function randomSize(
  symbols: Symbols,
  random: RandomStream,
  values: ReadonlyMap<number, number>,
  depth: number,
): [number, number] {
  const kind = depth === 0 ? random.integer(2) : random.integer(5);
  if (kind === 0) {
    const { prime } = symbols.named(names[random.integer(names.length)]!);
    return [prime, values.get(prime)!];
  }
  if (kind === 1) {
    const number = 1 + random.integer(40);
    return [number, number];
  }
  const [left, leftValue] = randomSize(symbols, random, values, depth - 1);
  const [right, rightValue] = randomSize(symbols, random, values, depth - 1);
  if (kind === 2) return [symbols.sum([left, right]), leftValue + rightValue];
  if (kind === 3) return [symbols.sum([left], [right]), leftValue - rightValue];
  const factor = 1 + random.integer(3);
  return [symbols.canonical(left * factor), leftValue * factor];
}

describe.each(primeRegions)('symbolic sizes from %i', (firstPrime) => {
  const made = (fixed: readonly number[] = []) => {
    const symbols = new Symbols(fixed, firstPrime);
    const [rows, time, past] = names.map((name) => symbols.named(name).prime) as [number, number, number];
    return { symbols, rows, time, past };
  };

  it('keeps the value of any sum, difference and multiple', () => {
    const random = randomStream(5, 'sizes', firstPrime);
    for (let i = 0; i < 400; i++) {
      const { symbols, rows, time, past } = made();
      const values = new Map([rows, time, past].map((prime) => [prime, 1 + random.integer(50)]));
      const [size, value] = randomSize(symbols, random, values, 3);
      expect(valueOf(symbols, size, values)).toBe(value);
    }
  });

  it('gives equal sums the same number, whatever their order', () => {
    const { symbols, rows, time } = made();
    expect(symbols.sum([rows, time, 3])).toBe(symbols.sum([3, symbols.sum([time, rows])]));
    expect(symbols.sum([symbols.sum([rows, time])], [time])).toBe(rows);
    expect(symbols.sum([rows], [rows])).toBe(0);
    expect(symbols.sum([rows, rows])).toBe(2 * rows);
    expect(symbols.sum([2 * rows * time, rows * time], [rows])).toBe(symbols.sum([3 * time * rows], [rows]));
  });

  it('takes products apart', () => {
    const { symbols, rows, time } = made();
    const { factor, symbols: parts } = symbols.factor(6 * rows * rows * time);
    expect(factor).toBe(6);
    expect(parts.map(({ name }) => name).sort()).toEqual(['rows', 'rows', 'time']);
    expect(symbols.isSymbolic(6 * rows)).toBe(true);
    expect(symbols.isSymbolic(6)).toBe(false);
  });

  it('understands a size plus or minus a small number, and the sum of two sizes', () => {
    const { symbols, rows, time } = made();
    expect(symbols.canonical(rows + 1)).toBe(symbols.sum([rows, 1]));
    expect(symbols.canonical(rows - 3)).toBe(symbols.sum([rows], [3]));
    expect(symbols.canonical(rows + time)).toBe(symbols.sum([rows, time]));
    expect(symbols.describe([rows + 1, 2 * time, 7])).toBe('[rows+1, 2*time, 7]');
  });

  it('keeps clear of fixed sizes', () => {
    const fixed = [firstPrime, 2 * firstPrime, firstPrime + 10, 151_936];
    const { symbols, rows, time, past } = made(fixed);
    for (const size of fixed) expect(symbols.isSymbolic(size)).toBe(false);
    for (const prime of [rows, time, past]) for (const size of fixed) expect(size % prime).not.toBe(0);
  });

  it('refuses constants that are sizes, in words', () => {
    const { symbols, rows } = made();
    expect(() => symbols.assertNotBaked([2 * rows])).toThrow(/"2\*rows" is only known when the graph runs/);
    expect(() => symbols.assertNotBaked([1, 0.5, 36_000, -1])).not.toThrow();
  });
});
