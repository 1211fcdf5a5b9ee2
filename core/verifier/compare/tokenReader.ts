import type { Node } from './node.ts';
import type { Token } from './tokens.ts';

/** Brackets and arguments within each other; deeper texts count as unreadable. */
const DEEPEST = 200;

/** Why a text cannot be read; never leaves the parser. */
export class UnreadableText extends Error {}

/** The rules that call each other back: what each file of the grammar needs of the others. */
export interface Grammar {
  readonly atom: (reader: TokenReader) => Node;
  readonly power: (reader: TokenReader) => Node;
  readonly product: (reader: TokenReader) => Node;
  readonly expression: (reader: TokenReader) => Node;
  readonly statement: (reader: TokenReader) => Node;
  /** A name's index and primes. */
  readonly marks: (reader: TokenReader) => string;
  /** Whether a factor comes next. */
  readonly continues: (reader: TokenReader) => boolean;
}

/** Goes through tokens, one ahead. */
export class TokenReader {
  private index = 0;
  private depth = 0;
  /** Bars that are open, so that the next one closes. */
  bars = 0;
  /** Whether a bracket of an interval may close here by `[`. */
  closesBackwards = false;
  /** Whether `:` separates a set's variable from its condition. */
  inBuilder = false;

  private readonly tokens: Token[];
  readonly grammar: Grammar;
  readonly source: string;

  constructor(tokens: readonly Token[], grammar: Grammar, source: string) {
    this.tokens = [...tokens];
    this.grammar = grammar;
    this.source = source;
  }

  get position(): number {
    return this.index;
  }

  /** Goes back to where `position` was. */
  rewind(position: number): void {
    this.index = position;
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.index + ahead];
  }

  next(): Token {
    const token = this.tokens[this.index];
    if (token === undefined) {
      throw new UnreadableText('ends too early');
    }
    this.index++;
    return token;
  }

  /** Whether the next token is this sign. */
  at(sign: string, ahead = 0): boolean {
    const token = this.tokens[this.index + ahead];
    return token?.kind === 'sign' && token.text === sign;
  }

  /** Takes the next token if it is this sign. */
  accept(sign: string): boolean {
    const found = this.at(sign);
    this.index += found ? 1 : 0;
    return found;
  }

  expect(sign: string): void {
    if (!this.accept(sign)) {
      this.fail(`expected ${sign}`);
    }
  }

  fail(reason: string): never {
    throw new UnreadableText(`${reason} at ${this.peek()?.text ?? 'the end'}`);
  }

  /** Reads something in brackets, whose marks of the surroundings do not count inside. */
  nested<Result>(read: () => Result): Result {
    if (++this.depth > DEEPEST) {
      throw new UnreadableText(`nested deeper than ${DEEPEST}`);
    }
    const { bars, closesBackwards, inBuilder } = this;
    [this.bars, this.closesBackwards, this.inBuilder] = [0, false, false];
    const result = read();
    [this.bars, this.closesBackwards, this.inBuilder] = [bars, closesBackwards, inBuilder];
    this.depth--;
    return result;
  }

  /** Takes only the first digit of the number that is next: the argument that TeX takes of `\frac12`. */
  splitDigit(): Token {
    const token = this.next();
    if (token.text.length > 1 && /^\d/u.test(token.text)) {
      this.index--;
      this.tokens[this.index] = { ...token, text: token.text.slice(1), start: token.start + 1, spaced: false };
      return { ...token, text: token.text.charAt(0), end: token.start + 1 };
    }
    return token;
  }

  /** What was written from the token at `start` up to here. */
  sourceSince(start: number): string {
    const [first, last] = [this.tokens[start], this.tokens[this.index - 1]];
    return first && last ? this.source.slice(first.start, last.end) : '';
  }
}
