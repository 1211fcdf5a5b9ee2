import { parseNumber } from '../parseNumber.ts';
import { rational, type Rational } from '../rational.ts';
import { exactNumber, type Node } from './node.ts';
import type { TokenReader } from './tokenReader.ts';

const LARGEST_BASE = 36;

/** Reads a number: decimal, repeating, mixed (`3\frac{1}{2}`, `1 1/2`), or in another base (`204_5`). */
export function parseNumberAtom(reader: TokenReader): Node {
  const token = reader.next();
  if (token.kind !== 'number') {
    reader.rewind(reader.position - 1);
    return reader.fail('a number is missing');
  }
  const { text } = token;
  if (/^\d+$/u.test(text)) {
    return parseAfterWhole(reader, text);
  }
  const repeating = text.includes('.') && !/e/iu.test(text) ? parseRepeating(reader, text) : undefined;
  if (repeating) {
    return exactNumber(repeating);
  }
  const value = parseNumber(text) ?? reader.fail('no number');
  return { kind: 'number', value, decimal: text.includes('.') && !/^\d+\.0*$/u.test(text) };
}

function parseAfterWhole(reader: TokenReader, digits: string): Node {
  const whole = BigInt(digits);
  if (reader.at('_')) {
    return parseBased(reader, digits);
  }
  const part = parsePart(reader);
  return exactNumber(
    part
      ? { numerator: whole * part.denominator + part.numerator, denominator: part.denominator }
      : { numerator: whole, denominator: 1n },
  );
}

/** The proper fraction of a mixed number, if one follows. */
function parsePart(reader: TokenReader): Rational | undefined {
  const start = reader.position;
  const value = reader.at('frac') ? parseLiteralFraction(reader) : parseSlashFraction(reader);
  if (value === undefined || value.numerator >= value.denominator) {
    reader.rewind(start);
    return undefined;
  }
  return value;
}

function parseLiteralFraction(reader: TokenReader): Rational | undefined {
  // Reading `\frac12` cuts digits from a number, which cannot be taken back: look before.
  const digits: string[] = [];
  let ahead = 1;
  let rest = '';
  for (let part = 0; part < 2; part++) {
    if (rest !== '') {
      digits.push(rest.charAt(0));
      rest = rest.slice(1);
    } else if (reader.at('{', ahead)) {
      const token = reader.peek(ahead + 1);
      if (token?.kind !== 'number' || !reader.at('}', ahead + 2)) {
        return undefined;
      }
      digits.push(token.text);
      ahead += 3;
    } else {
      const token = reader.peek(ahead);
      if (token?.kind !== 'number') {
        return undefined;
      }
      digits.push(token.text.charAt(0));
      rest = token.text.slice(1);
      ahead++;
    }
  }
  const [top = '', bottom = ''] = digits;
  const value =
    rest === '' && /^\d+$/u.test(top) && /^\d+$/u.test(bottom) ? rational(BigInt(top), BigInt(bottom)) : undefined;
  for (let count = 0; value && count < ahead; count++) {
    reader.next();
  }
  return value;
}

/** `1/2` after a blank, of `1 1/2`. */
function parseSlashFraction(reader: TokenReader): Rational | undefined {
  const [top, bottom] = [reader.peek(), reader.peek(2)];
  if (top?.kind !== 'number' || !top.spaced || bottom?.kind !== 'number' || !reader.at('/', 1)) {
    return undefined;
  }
  if (!/^\d+$/u.test(top.text) || !/^\d+$/u.test(bottom.text)) {
    return undefined;
  }
  [0, 1, 2].forEach(() => reader.next());
  return rational(BigInt(top.text), BigInt(bottom.text));
}

/** `0.1\overline{6}`, `0.\dot{3}`, `0.333\ldots`: exact. */
function parseRepeating(reader: TokenReader, text: string): Rational | undefined {
  const [whole = '', fixed = ''] = text.split('.');
  if (reader.at('ldots')) {
    const shown = /^(\d*?)(\d{1,6}?)\2{2,}$/u.exec(fixed);
    return shown ? (reader.next(), repeating(whole, shown[1] ?? '', shown[2] ?? '')) : undefined;
  }
  const digits = reader.peek(2)?.text ?? '';
  if (
    !(reader.at('overline') || reader.at('dot')) ||
    !reader.at('{', 1) ||
    !/^\d{1,200}$/u.test(digits) ||
    !reader.at('}', 3)
  ) {
    return undefined;
  }
  [0, 1, 2, 3].forEach(() => reader.next());
  return repeating(whole, fixed, digits);
}

function repeating(whole: string, fixed: string, digits: string): Rational | undefined {
  const scale = 10n ** BigInt(fixed.length);
  const nines = 10n ** BigInt(digits.length) - 1n;
  return rational(BigInt(`${whole}${fixed}` || '0') * nines + BigInt(digits), scale * nines);
}

/** A whole number in the base that its index says. */
function parseBased(reader: TokenReader, digits: string): Node {
  reader.expect('_');
  const braced = reader.accept('{');
  const token = reader.next();
  if (braced) {
    reader.expect('}');
  }
  const base = token.kind === 'number' && /^\d{1,2}$/u.test(token.text) ? Number(token.text) : 0;
  if (
    base < 2 ||
    base > LARGEST_BASE ||
    digits.length > 2_000 ||
    Array.from(digits).some((digit) => Number(digit) >= base)
  ) {
    return reader.fail('no number in that base');
  }
  const value = Array.from(digits).reduce((sum, digit) => sum * BigInt(base) + BigInt(digit), 0n);
  return exactNumber({ numerator: value, denominator: 1n });
}
