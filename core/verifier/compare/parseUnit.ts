import type { TokenReader } from './tokenReader.ts';
import { multiplierOf, namedUnit, readUnit, unitPower, unitProduct, type Unit } from './units.ts';

/** Whether a unit, a multiplier or what is counted comes next. */
export function startsUnit(reader: TokenReader): boolean {
  const token = reader.peek();
  if (token?.kind === 'word') {
    return !isJoint(token.text) && (token.text.length > 1 || namedUnit(token.text) !== undefined);
  }
  return token?.kind === 'sign' && (token.text === '$' || /^\p{Sc}$/u.test(token.text) || isUnitFraction(reader));
}

/** `\frac{\text{m}}{\text{s}}`. */
function isUnitFraction(reader: TokenReader): boolean {
  return reader.at('frac') && reader.at('{', 1) && reader.peek(2)?.kind === 'word' && !reader.at('^', 3);
}

/** Whether the next words join a smaller unit to a larger one of the same dimension: `5 hours and 30 minutes`. */
export function joinsSmallerUnit(reader: TokenReader, unit: Unit): boolean {
  const [joint, number, word] = [reader.peek(), reader.peek(1), reader.peek(2)];
  const other = word?.kind === 'word' ? namedUnit(word.text) : undefined;
  const isSmaller = other?.dimension === unit.dimension && other.name !== unit.name;
  return joint?.kind === 'word' && joint.text === 'and' && number?.kind === 'number' && isSmaller;
}

/** Whether a word joins the members of a list. */
function isJoint(word: string): boolean {
  return word === 'and' || word === 'or';
}

/** Reads a unit: words, powers of them, and what they are divided by. */
export function parseUnit(reader: TokenReader): Unit {
  if (reader.accept('frac')) {
    reader.expect('{');
    const top = parseUnit(reader);
    reader.expect('}');
    reader.expect('{');
    const below = unitPower(parseUnit(reader), -1);
    reader.expect('}');
    return (below && unitProduct(top, below)) ?? reader.fail('no unit');
  }
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
