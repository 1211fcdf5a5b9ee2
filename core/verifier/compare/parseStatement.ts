import { parseAtom, readMarks, startsAtom } from './parseAtom.ts';
import { parseExpression, parsePower, parseProduct } from './parseExpression.ts';
import type { ListJoint, Node, RelationOperator } from './node.ts';
import { TokenReader, UnreadableText, type Grammar } from './tokenReader.ts';
import { tokensOf } from './tokens.ts';

const RELATIONS: Readonly<Record<string, RelationOperator>> = {
  '=': '=',
  ne: '!=',
  '<': '<',
  le: '<=',
  '>': '>',
  ge: '>=',
  approx: '~',
  in: 'in',
  notin: 'notin',
  equiv: 'mod',
  ':=': '=',
};
const SET_OPERATIONS: Readonly<Record<string, 'union' | 'intersection' | 'difference'>> = {
  cup: 'union',
  cap: 'intersection',
  setminus: 'difference',
};
const LEAD = /(?:^|\s)(?:is|are|equals|be|get|have|obtain)$/iu;
const NEGATION = /\b(?:not|never|no|isn't|aren't|cannot)\b|n't/iu;

const grammar: Grammar = {
  atom: parseAtom,
  power: parsePower,
  product: parseProduct,
  expression: parseExpression,
  statement: parseStatement,
  marks: readMarks,
  continues: startsAtom,
};

/** What a normalised text says; undefined where it cannot be read as mathematics. Never throws; its work is bounded. */
export function parseMath(text: string): Node | undefined {
  const tokens = tokensOf(text);
  if (!tokens || tokens.length === 0) {
    return undefined;
  }
  const reader = new TokenReader(tokens, grammar, text);
  try {
    reader.accept('=');
    const node = parseStatement(reader);
    return reader.peek() === undefined ? node : undefined;
  } catch (error) {
    if (error instanceof UnreadableText) {
      return undefined;
    }
    throw error;
  }
}

/** Reads relations and expressions that are joined by commas, semicolons, "and", "or"; one alone is itself. */
function parseStatement(reader: TokenReader): Node {
  skipLead(reader);
  const items: Node[] = [parseRelation(reader)];
  let joint: ListJoint = 'comma';
  for (;;) {
    const found = acceptJoints(reader);
    if (found === undefined || endsStatement(reader)) {
      break;
    }
    joint = found === 'comma' ? joint : found;
    items.push(parseRelation(reader));
  }
  const [only] = items;
  return items.length === 1 && only ? only : { kind: 'list', joint, items };
}

/** Takes what separates two members of a list, if it comes next. */
function acceptJoints(reader: TokenReader): ListJoint | undefined {
  let found: ListJoint | undefined;
  for (;;) {
    const token = reader.peek();
    if (reader.accept(',') || reader.accept(';')) {
      found ??= 'comma';
    } else if (token && token.kind !== 'number' && (token.text === 'and' || token.text === 'or')) {
      reader.next();
      found = token.text;
    } else {
      return found;
    }
  }
}

function endsStatement(reader: TokenReader): boolean {
  const token = reader.peek();
  return token === undefined || (token.kind === 'sign' && [')', ']', '}', '}set'].includes(token.text));
}

/** Passes over prose that only introduces the answer: "The answer is". */
function skipLead(reader: TokenReader): void {
  const token = reader.peek();
  if (token?.kind === 'word' && LEAD.test(token.text) && !NEGATION.test(token.text)) {
    reader.next();
    reader.accept(':');
  }
}

/** Reads a chain of relations; one member alone is itself. */
function parseRelation(reader: TokenReader): Node {
  const items: Node[] = [parseSetExpression(reader)];
  const operators: RelationOperator[] = [];
  for (;;) {
    const operator = acceptRelation(reader);
    if (operator === undefined) {
      break;
    }
    operators.push(operator);
    items.push(parseSetExpression(reader));
    if (operator === 'mod') {
      items.push(parseModulus(reader));
      break;
    }
  }
  const [only] = items;
  return operators.length === 0 && only ? only : { kind: 'relation', operators, items };
}

function acceptRelation(reader: TokenReader): RelationOperator | undefined {
  const token = reader.peek();
  if (token?.kind !== 'sign') {
    return undefined;
  }
  if (token.text === ':' && reader.at('=', 1)) {
    reader.next();
  }
  const name = reader.peek()?.text ?? '';
  const operator = Object.hasOwn(RELATIONS, name) ? RELATIONS[name] : undefined;
  if (operator !== undefined) {
    reader.next();
  }
  return operator;
}

/** `\pmod{m}`, `(\bmod m)`, `\mod m`. */
function parseModulus(reader: TokenReader): Node {
  if (reader.accept('(')) {
    if (!reader.accept('bmod')) {
      reader.expect('mod');
    }
    const modulus = parseExpression(reader);
    reader.expect(')');
    return modulus;
  }
  return reader.accept('pmod') || reader.accept('mod') || reader.accept('bmod')
    ? parseAtom(reader)
    : reader.fail('no modulus');
}

/** Unions, intersections and differences of sets, from the left. */
function parseSetExpression(reader: TokenReader): Node {
  let left = parseRatio(reader);
  for (;;) {
    const { text, kind } = reader.peek() ?? { text: '', kind: 'sign' };
    const isUnion = kind === 'letter' && text === 'U' && left.kind === 'tuple';
    const name = isUnion
      ? 'union'
      : kind === 'sign' && Object.hasOwn(SET_OPERATIONS, text)
        ? SET_OPERATIONS[text]
        : undefined;
    if (name === undefined) {
      return left;
    }
    reader.next();
    left = { kind: 'setOperation', name, items: [left, parseRatio(reader)] };
  }
}

/** `2:3`, `1:2:3`; `12:30` may be a time. */
function parseRatio(reader: TokenReader): Node {
  const items: Node[] = [];
  let clock = true;
  do {
    const token = reader.peek();
    clock &&= token?.kind === 'number' && (items.length === 0 ? /^\d\d?$/u : /^[0-5]\d$/u).test(token.text);
    items.push(parseExpression(reader));
  } while (!reader.inBuilder && reader.at(':') && !reader.at('=', 1) && reader.accept(':'));
  const [only] = items;
  return items.length === 1 && only ? only : { kind: 'ratio', clock, items };
}
