import { RlvrError } from '../errors.ts';
import {
  addPolynomials,
  describePolynomial,
  multiplyPolynomials,
  primesOf,
  splitPolynomial,
  term,
  type Polynomial,
} from './polynomial.ts';

/**
 * Sizes that are only known when a graph runs. tfjs wants every shape to be made of numbers, so while tracing such a size is a
 * prime that no fixed size of the graph is a multiple of; a product of sizes then tells by its factors what it is made of.
 *
 * A sum or difference of sizes that an op makes (concat, slice, pad) is a symbol of its own, the same one each time. Numbers that the
 * traced function computes itself are understood when they are a product of sizes, a size plus or minus a small number, or the sum of two
 * sizes.
 */
export interface SymbolicSize {
  readonly name: string;
  readonly prime: number;
  /** What a sum is made of; missing for a size that stands for itself. */
  readonly polynomial?: Polynomial;
}

/** A size taken apart: `factor` times the product of `symbols`. */
export interface FactoredSize {
  readonly factor: number;
  readonly symbols: readonly SymbolicSize[];
}

/** Where the primes begin. A second choice tells a size from a constant that happens to be a multiple of the first. */
export const primeRegions = [37_003, 43_403] as const;

/** How far a number may be from a prime and still be read as that size plus or minus something. */
const reach = 64;
/** A residue this large is no size but a product of sums that was computed outside of the ops. */
const largestFactor = 2 ** 31;

/** The symbolic sizes of one trace. */
export class Symbols {
  readonly #symbols: SymbolicSize[] = [];
  readonly #byPrime = new Map<number, SymbolicSize>();
  readonly #fixedSizes: ReadonlySet<number>;
  readonly #smallest: number;
  #candidate: number;

  /**
   * @param fixedSizes every size that the trace's inputs fix, so that no symbol is mistaken for one
   * @param firstPrime where the primes begin
   */
  constructor(fixedSizes: readonly number[] = [], firstPrime: number = primeRegions[0]) {
    this.#fixedSizes = new Set(fixedSizes);
    this.#candidate = firstPrime;
    this.#smallest = firstPrime - reach;
  }

  /** A symbol for `name`: the one it already has, or a new one. */
  named(name: string): SymbolicSize {
    return this.#symbols.find((symbol) => symbol.name === name) ?? this.#create(name);
  }

  /** A new symbol for a size that an op makes and that nothing known says anything about. */
  derived(): SymbolicSize {
    return this.#create(`size_${this.#symbols.length}`);
  }

  /** The symbol for a prime, if it is one's. */
  withPrime(prime: number): SymbolicSize | undefined {
    return this.#byPrime.get(prime);
  }

  /** The sum of `sizes` less the sum of `taken`, as a size. Equal sums are the same number. */
  sum(sizes: readonly number[], taken: readonly number[] = []): number {
    let total: Polynomial = new Map();
    for (const size of sizes) total = addPolynomials(total, this.#polynomialOf(size));
    for (const size of taken) total = addPolynomials(total, this.#polynomialOf(size), -1);
    return this.#numberOf(total);
  }

  /** The number that stands for a size, whatever way it was computed. */
  canonical(size: number): number {
    if (Math.abs(size) < this.#smallest) return size;
    const { factor, symbols } = this.factor(size);
    return symbols.reduce((product, symbol) => product * symbol.prime, factor);
  }

  /** Takes a size apart. Throws `tensor/trace` for one that is too large to have been made by ops. */
  factor(size: number): FactoredSize {
    const symbols: SymbolicSize[] = [];
    let factor = size;
    if (Math.abs(size) < this.#smallest) return { factor, symbols };
    for (const symbol of this.#symbols) {
      while (factor % symbol.prime === 0) {
        factor /= symbol.prime;
        symbols.push(symbol);
      }
    }
    const computed = this.#recognise(factor);
    if (computed === undefined) {
      if (symbols.length > 0 && Math.abs(factor) > largestFactor) throw unreadable(size);
      return { factor, symbols };
    }
    const rest = this.factor(computed);
    return { factor: rest.factor, symbols: [...symbols, ...rest.symbols] };
  }

  isSymbolic(size: number): boolean {
    return this.factor(size).symbols.length > 0;
  }

  /** A shape as people read it, for error messages: `[rows, 4, 2*time]`. */
  describe(shape: readonly number[]): string {
    return `[${shape.map((size) => this.describeSize(size)).join(', ')}]`;
  }

  /** A size as people read it. */
  describeSize(size: number): string {
    const { factor, symbols } = this.factor(size);
    const single = symbols.length === 1 && factor === 1;
    const names = symbols.map(({ name, polynomial }) => (polynomial === undefined || single ? name : `(${name})`));
    return (factor === 1 && names.length > 0 ? names : [factor, ...names]).join('*');
  }

  /** Throws when a constant is made of a symbol: a size would be baked into the graph. */
  assertNotBaked(values: ArrayLike<number>): void {
    if (this.#symbols.length === 0 || values.length > 16) return;
    for (const value of Array.from(values)) {
      if (!Number.isInteger(value) || !this.isSymbolic(value)) continue;
      const size = this.describeSize(value);
      throw new RlvrError(
        'tensor/trace',
        `The size "${size}" is only known when the graph runs, but was used as a number (as dividing by a length does). ` +
          'Use tf.mean, or feed the count as a scalar input.',
        { bakedSize: size },
      );
    }
  }

  #create(name: string, polynomial?: Polynomial): SymbolicSize {
    while (!this.#isFree(this.#candidate)) this.#candidate++;
    const symbol = { name, prime: this.#candidate, ...(polynomial === undefined ? {} : { polynomial }) };
    this.#candidate += 2 * reach + 1;
    this.#symbols.push(symbol);
    this.#byPrime.set(symbol.prime, symbol);
    return symbol;
  }

  #isFree(candidate: number): boolean {
    if (!isPrime(candidate)) return false;
    return [...this.#fixedSizes].every(
      (size) => size === 0 || (size % candidate !== 0 && Math.abs(size - candidate) > reach),
    );
  }

  #polynomialOf(size: number): Polynomial {
    const { factor, symbols } = this.factor(size);
    return symbols.reduce<Polynomial>(
      (product, symbol) => multiplyPolynomials(product, symbol.polynomial ?? term(1, [symbol.prime])),
      term(factor),
    );
  }

  #numberOf(polynomial: Polynomial): number {
    if (polynomial.size === 0) return 0;
    if (polynomial.size === 1) {
      const [[monomial, coefficient] = ['', 0]] = polynomial;
      return primesOf(monomial).reduce((product, prime) => product * prime, coefficient);
    }
    const { content, primes, rest } = splitPolynomial(polynomial);
    const name = describePolynomial(rest, (prime) => this.#byPrime.get(prime)?.name ?? String(prime));
    const symbol = this.#symbols.find((known) => known.name === name) ?? this.#create(name, rest);
    return primes.reduce((product, prime) => product * prime, content * symbol.prime);
  }

  /** The size that a number computed outside of the ops stands for. */
  #recognise(value: number): number | undefined {
    if (value < this.#smallest || this.#fixedSizes.has(value)) return undefined;
    for (const { prime } of this.#symbols) {
      if (Math.abs(value - prime) <= reach) return this.sum([prime, value - prime]);
      if (this.#byPrime.has(value - prime)) return this.sum([prime, value - prime]);
    }
    return undefined;
  }
}

function unreadable(size: number): RlvrError {
  return new RlvrError(
    'tensor/trace',
    `The size ${size} cannot be read: it was computed from sizes that are only known when the graph runs.`,
    { size },
  );
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false;
  return true;
}
