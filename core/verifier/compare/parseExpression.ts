import { parseAtom, startsAtom } from './parseAtom.ts';
import { joinsSmallerUnit, parseUnit, startsUnit } from './parseUnit.ts';
import { exactNumber, negated, productOf, quotientOf, sumOf, wholeNumber, type Node } from './node.ts';
import type { TokenReader } from './tokenReader.ts';
import { multiplierOf, namedUnit, type Unit } from './units.ts';

const SETS: readonly Node['kind'][] = ['set', 'namedSet', 'setOperation', 'builder'];

/** Reads a sum: terms with their signs. */
export function parseExpression(reader: TokenReader): Node {
  const terms: Node[] = [parseSigned(reader)];
  while (reader.at('+') || reader.at('-') || reader.at('pm') || reader.at('mp')) {
    const first = terms[0];
    if (reader.at('-') && terms.length === 1 && first && SETS.includes(first.kind)) {
      reader.next();
      terms[0] = { kind: 'setOperation', name: 'difference', items: [first, parseProduct(reader)] };
    } else {
      terms.push(parseSigned(reader));
    }
  }
  return sumOfQuantities(terms) ?? sumOf(terms);
}

/** A product after any number of signs. */
function parseSigned(reader: TokenReader): Node {
  let negative = false;
  let plusMinus: { readonly flipped: boolean } | undefined;
  for (;;) {
    if (reader.accept('-')) {
      negative = !negative;
    } else if (reader.at('pm') || reader.at('mp')) {
      plusMinus = { flipped: reader.next().text === 'mp' };
    } else if (!reader.accept('+')) {
      break;
    }
  }
  const product = parseProduct(reader);
  if (plusMinus) {
    const flipped = plusMinus.flipped !== negative;
    return product.kind === 'quantity'
      ? { ...product, items: [{ kind: 'plusMinus', flipped, items: product.items }] }
      : { kind: 'plusMinus', flipped, items: [product] };
  }
  return negative ? negated(product) : product;
}

/** Quantities of one unit add up to one: `90^\circ + 45^\circ`. */
function sumOfQuantities(terms: readonly Node[]): Node | undefined {
  const [first, ...others] = terms;
  if (first?.kind !== 'quantity' || others.length === 0) {
    return undefined;
  }
  const values = terms.flatMap((term) =>
    term.kind === 'quantity' && term.unit.name === first.unit.name ? term.items : [],
  );
  return values.length === terms.length ? { ...first, items: [sumOf(values)] } : undefined;
}

/** Reads a product: factors side by side or with signs between them, quotients, and the unit after them. */
export function parseProduct(reader: TokenReader): Node {
  let factors: Node[] = [parsePower(reader)];
  for (;;) {
    if (reader.accept('*')) {
      factors.push(parseSignedPower(reader));
    } else if (reader.accept('/')) {
      factors = [quotientOf(productOf(factors), parseSignedPower(reader))];
    } else if (reader.accept('bmod') || reader.accept('mod')) {
      factors = [{ kind: 'call', name: 'mod', items: [productOf(factors), parseSignedPower(reader)] }];
    } else if (startsUnit(reader)) {
      factors = [withUnit(reader, productOf(factors))];
    } else if (startsFactor(reader, factors.at(-1))) {
      factors.push(parsePower(reader));
    } else {
      return productOf(factors);
    }
  }
}

function startsFactor(reader: TokenReader, last: Node | undefined): boolean {
  const token = reader.peek();
  if (token?.kind === 'letter' && token.text === 'U' && last?.kind === 'tuple') {
    return false;
  }
  // Two numbers side by side are no product, nor is `x2`.
  if (token?.kind === 'number' && (last?.kind === 'number' || last?.kind === 'symbol' || last?.kind === 'constant')) {
    return reader.fail('a number follows');
  }
  return startsAtom(reader);
}

function parseSignedPower(reader: TokenReader): Node {
  let negative = false;
  while (reader.at('-') || reader.at('+')) {
    negative = (reader.next().text === '-') !== negative;
  }
  const power = parsePower(reader);
  return negative ? negated(power) : power;
}

/** A value and the unit that stands next; further quantities of the same dimension add up: `3 hours 20 minutes`. */
function withUnit(reader: TokenReader, value: Node): Node {
  const word = reader.peek()?.text ?? '';
  const multiplier = multiplierOf(word);
  if (multiplier !== undefined) {
    reader.next();
    return productOf([value, wholeNumber(multiplier)]);
  }
  const unit = parseUnit(reader);
  const quantity: Node = { kind: 'quantity', unit, items: [value] };
  if (joinsSmallerUnit(reader, unit)) {
    reader.next();
  }
  if (reader.peek()?.kind !== 'number') {
    return quantity;
  }
  const rest = parseProduct(reader);
  if (rest.kind !== 'quantity' || rest.unit.dimension !== unit.dimension || rest.unit.timesPi !== unit.timesPi) {
    return reader.fail('a quantity of another kind follows');
  }
  return { ...quantity, items: [sumOf([value, converted(rest.items[0], rest.unit, unit)])] };
}

function converted(value: Node, from: Unit, to: Unit): Node {
  const scale = quotientOf(exactNumber(from.factor), exactNumber(to.factor));
  return productOf([value, scale]);
}

/** Reads an atom and what is written after it: powers, factorials, percent signs, degrees. */
export function parsePower(reader: TokenReader): Node {
  let base = parseAtom(reader);
  for (;;) {
    if (reader.accept('!')) {
      base = { kind: 'call', name: reader.accept('!') ? 'double factorial' : 'factorial', items: [base] };
    } else if (reader.accept('%')) {
      base = quantityOf(base, '%');
    } else if (reader.accept('degree')) {
      base = quantityOf(base, '°');
    } else if (reader.accept('^')) {
      base = parseExponent(reader, base);
    } else {
      return base;
    }
  }
}

function quantityOf(value: Node, unitName: string): Node {
  const unit = namedUnit(unitName);
  return unit ? { kind: 'quantity', unit, items: [value] } : value;
}

function parseExponent(reader: TokenReader, base: Node): Node {
  const braced = reader.at('{');
  if (reader.at('circ', braced ? 1 : 0)) {
    const length = braced ? 3 : 1;
    for (let count = 0; count < length; count++) {
      reader.next();
    }
    const scale = reader.peek();
    if ((scale?.kind === 'letter' || scale?.kind === 'word') && /^[CF]$/u.test(scale.text)) {
      reader.next();
      return quantityOf(base, `°${scale.text}`);
    }
    return quantityOf(base, '°');
  }
  const exponent = braced ? parseAtom(reader) : reader.nested(() => parseBareExponent(reader));
  return { kind: 'power', items: [base, exponent] };
}

/** An exponent without braces: a number or name with its sign, and its own exponent (`2^3^2`). */
function parseBareExponent(reader: TokenReader): Node {
  const negative = reader.accept('-');
  if (!negative) {
    reader.accept('+');
  }
  const atom = parseAtom(reader);
  const value = reader.accept('^') ? parseExponent(reader, atom) : atom;
  return negative ? negated(value) : value;
}
