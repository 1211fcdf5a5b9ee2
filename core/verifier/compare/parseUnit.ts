import type { TokenReader } from './tokenReader.ts';
import { multiplierOf, namedUnit, readUnit, unitPower, unitProduct, type Unit } from './units.ts';

/** Whether a unit, a multiplier or what is counted comes next. */
export function startsUnit(reader: TokenReader): boolean {
  const token = reader.peek();
  if (token?.kind === 'word') {
    return !isJoint(token.text) && (token.text.length > 1 || namedUnit(token.text) !== undefined);
  }
  return token?.kind === 'sign' && (token.text === '$' || /^\p{Sc}$/u.test(token.text));
}

/** Whether a word joins the members of a list. */
export function isJoint(word: string): boolean {
  return word === 'and' || word === 'or';
}

/** Reads a unit: words, powers of them, and what they are divided by. */
export function parseUnit(reader: TokenReader): Unit {
  let unit = parseOneUnit(reader);
  for (;;) {
    const divided = reader.at('/') && isUnitToken(reader, 1);
    const multiplied = reader.at('*') && reader.peek(1)?.kind === 'word';
    if (!divided && !multiplied) {
      return unit;
    }
    reader.next();
    const other = parseOneUnit(reader);
    const factor = divided ? unitPower(other, -1) : other;
    unit = (factor && unitProduct(unit, factor)) ?? reader.fail('no unit');
  }
}

function isUnitToken(reader: TokenReader, ahead: number): boolean {
  const token = reader.peek(ahead);
  return token?.kind === 'word' || (token?.kind === 'letter' && namedUnit(token.text) !== undefined);
}

function parseOneUnit(reader: TokenReader): Unit {
  const words: string[] = [];
  do {
    words.push(reader.next().text);
  } while (
    reader.peek()?.kind === 'word' &&
    !isJoint(reader.peek()?.text ?? '') &&
    multiplierOf(reader.peek()?.text ?? '') === undefined
  );
  const unit = readUnit(words.join(' ')) ?? reader.fail('no unit');
  if (!reader.at('^') || reader.at('circ', 1)) {
    return unit;
  }
  reader.next();
  const braced = reader.accept('{');
  const negative = reader.accept('-');
  const exponent = Number(reader.next().text) * (negative ? -1 : 1);
  if (braced) {
    reader.expect('}');
  }
  return (Number.isInteger(exponent) ? unitPower(unit, exponent) : undefined) ?? reader.fail('no power of a unit');
}
