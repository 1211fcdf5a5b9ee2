import { RlvrError } from '../errors.ts';

/**
 * Sizes that are only known when a graph runs. tfjs wants every shape to be made of numbers, so while tracing such a size is a
 * prime that no fixed size of the graph is a multiple of; a product of sizes then tells by its factors what it is made of.
 */
export interface SymbolicSize {
  readonly name: string;
  readonly prime: number;
}

/** A size taken apart: `factor` times the product of `symbols`. */
export interface FactoredSize {
  readonly factor: number;
  readonly symbols: readonly SymbolicSize[];
}

const firstCandidate = 30011;

/** The symbolic sizes of one trace. */
export class Symbols {
  readonly #symbols: SymbolicSize[] = [];
  readonly #fixedSizes: readonly number[];
  #candidate = firstCandidate;

  /** @param fixedSizes every size that the trace's inputs fix, so that no symbol divides one */
  constructor(fixedSizes: readonly number[] = []) {
    this.#fixedSizes = fixedSizes.filter((size) => size >= firstCandidate);
  }

  /** A symbol for `name`: the one it already has, or a new one. */
  named(name: string): SymbolicSize {
    const known = this.#symbols.find((symbol) => symbol.name === name);
    if (known !== undefined) return known;
    while (!isPrime(this.#candidate) || this.#fixedSizes.some((size) => size % this.#candidate === 0)) this.#candidate++;
    const symbol = { name, prime: this.#candidate++ };
    this.#symbols.push(symbol);
    return symbol;
  }

  /** The symbol for a sum of sizes; equal sums are the same size. */
  sumOf(sizes: readonly number[]): SymbolicSize {
    return this.named(sizes.join('+'));
  }

  /** A symbol for a size that an op has made (the sum of two, say). */
  derived(): SymbolicSize {
    return this.named(`derived_${this.#symbols.length}`);
  }

  factor(size: number): FactoredSize {
    const symbols: SymbolicSize[] = [];
    let factor = size;
    for (const symbol of this.#symbols) {
      while (factor !== 0 && factor % symbol.prime === 0) {
        factor /= symbol.prime;
        symbols.push(symbol);
      }
    }
    return { factor, symbols };
  }

  isSymbolic(size: number): boolean {
    return this.factor(size).symbols.length > 0;
  }

  /** A shape as people read it, for error messages: `[rows, 4, 2*time]`. */
  describe(shape: readonly number[]): string {
    const parts = shape.map((size) => {
      const { factor, symbols } = this.factor(size);
      const names = symbols.map((symbol) => symbol.name);
      return (factor === 1 && names.length > 0 ? names : [factor, ...names]).join('*');
    });
    return `[${parts.join(', ')}]`;
  }

  /** Throws when a constant is made of a symbol: a size would be baked into the graph. */
  assertNotBaked(values: ArrayLike<number>): void {
    if (this.#symbols.length === 0) return;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      if (value === 0 || !Number.isInteger(value)) continue;
      const { symbols } = this.factor(Math.abs(value));
      if (symbols.length === 0) continue;
      const names = symbols.map((symbol) => symbol.name).join('*');
      throw new RlvrError(
        'tensor/trace',
        `The size "${names}" is only known when the graph runs, but was used as a number (as tf.mean does). Feed the count as a scalar instead.`,
        { symbols: names },
      );
    }
  }
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false;
  return true;
}
