import { parseCommand, startsCommand } from './parseCommand.ts';
import type { Node } from './node.ts';
import { parseNumberAtom } from './parseNumberAtom.ts';
import { UnreadableText, type TokenReader } from './tokenReader.ts';
import { namedUnit } from './units.ts';

const DISTINCT_CONSTANTS: Readonly<Record<string, Extract<Node, { kind: 'constant' }>['name']>> = { e: 'e', i: 'i' };

/** Letters that are functions where one name or number in brackets follows. */
const FUNCTION_LETTERS = /^[A-Zfghpqy]$/u;

/** Whether what comes next can be a factor. */
export function startsAtom(reader: TokenReader): boolean {
  const token = reader.peek();
  switch (token?.kind) {
    case 'number':
    case 'letter':
      return true;
    case 'word':
      return token.text.length === 1;
    case 'sign':
      switch (token.text) {
        case '(':
        case '{':
        case '{set':
        case 'langle':
        case 'lfloor':
        case 'lceil':
          return true;
        case '[':
          return !reader.closesBackwards;
        case '|':
          return reader.bars === 0;
        default:
          return startsCommand(token.text);
      }
    default:
      return false;
  }
}

/** Reads what stands for itself: a number, a variable, something in brackets, a command with its arguments. */
export function parseAtom(reader: TokenReader): Node {
  const token = reader.peek();
  switch (token?.kind) {
    case 'number':
      return parseNumberAtom(reader);
    case 'letter':
      return parseVariable(reader, reader.next().text);
    case 'word':
      return parseName(reader);
    case 'sign':
      return reader.nested(() => parseSign(reader));
    default:
      return reader.fail('something is missing');
  }
}

/** A word where a value stands: the name of one. */
function parseName(reader: TokenReader): Node {
  const word = reader.next().text;
  if (/^(?:and|or|not)$/iu.test(word)) {
    return reader.fail('a word');
  }
  return word.length === 1 ? parseVariable(reader, word) : { kind: 'symbol', name: word.toLowerCase() };
}

/** A variable with its index and primes; `e` and `i` without are the constants. */
function parseVariable(reader: TokenReader, letter: string): Node {
  const name = letter + readMarks(reader);
  const constant = DISTINCT_CONSTANTS[name];
  if (constant) {
    return { kind: 'constant', name: constant };
  }
  if (reader.at('(') && reader.peek()?.spaced === false) {
    const start = reader.position;
    const argument = reader.nested(() => parseBrackets(reader));
    const items = argument.kind === 'tuple' ? argument.items : [argument];
    if (
      argument.kind === 'tuple' ||
      (FUNCTION_LETTERS.test(letter) && ['symbol', 'number', 'relation'].includes(argument.kind))
    ) {
      return { kind: 'call', name: `function ${name}`, items };
    }
    reader.rewind(start);
  }
  return { kind: 'symbol', name };
}

/** The index and primes of a variable, in one way of writing: `_1`, `_{n-1}`, `'`. */
export function readMarks(reader: TokenReader): string {
  let marks = '';
  for (;;) {
    if (reader.accept("'")) {
      marks += "'";
    } else if (reader.at('^') && (reader.at('prime', 1) || (reader.at('{', 1) && reader.at('prime', 2)))) {
      const length = reader.at('{', 1) ? 4 : 2;
      for (let count = 0; count < length; count++) {
        reader.next();
      }
      marks += "'";
    } else if (reader.accept('_')) {
      marks += `_${readIndex(reader)}`;
    } else {
      return marks;
    }
  }
}

function readIndex(reader: TokenReader): string {
  if (!reader.accept('{')) {
    return reader.next().text;
  }
  let index = '';
  let depth = 1;
  for (;;) {
    const token = reader.next();
    depth += token.kind !== 'sign' ? 0 : token.text === '{' ? 1 : token.text === '}' ? -1 : 0;
    if (depth === 0) {
      return index;
    }
    index += token.text;
  }
}

function parseSign(reader: TokenReader): Node {
  const { text } = reader.peek() ?? reader.next();
  switch (text) {
    case '(':
    case '[':
    case ']':
    case 'langle':
      return parseBrackets(reader);
    case '{':
      return parseBraces(reader);
    case '{set':
      return parseSet(reader);
    case '|':
      return parseBars(reader);
    case 'lfloor':
    case 'lceil': {
      reader.next();
      const inner = reader.grammar.expression(reader);
      reader.expect(text === 'lfloor' ? 'rfloor' : 'rceil');
      return { kind: 'call', name: text === 'lfloor' ? 'floor' : 'ceil', items: [inner] };
    }
    default:
      return /^\p{Sc}$/u.test(text) ? parseMoney(reader) : parseCommand(reader);
  }
}

/** A currency sign before its number. */
function parseMoney(reader: TokenReader): Node {
  const unit = namedUnit(reader.next().text) ?? reader.fail('an unknown currency');
  const value = reader.accept('-') ? reader.fail('a sign after the currency') : parseNumberAtom(reader);
  return { kind: 'quantity', unit, items: [value] };
}

/** Round or square brackets: around one thing they only group, around several they make a tuple or an interval. */
function parseBrackets(reader: TokenReader): Node {
  const open = reader.next().text;
  reader.closesBackwards = open !== 'langle';
  const inner = open === 'langle' ? parseAngleItems(reader) : reader.grammar.statement(reader);
  const close = reader.next();
  if (close.kind !== 'sign' || ![')', ']', '[', 'rangle'].includes(close.text)) {
    throw new UnreadableText('brackets do not match');
  }
  if (inner.kind !== 'list' || inner.joint !== 'comma') {
    const matches = `${open}${close.text}` === '()' || `${open}${close.text}` === '[]';
    return matches && inner.kind !== 'list' ? inner : reader.fail('brackets do not match');
  }
  const brackets = (open === '[' ? '[' : '(') + (close.text === ']' ? ']' : ')');
  return { kind: 'tuple', brackets, items: inner.items };
}

function parseAngleItems(reader: TokenReader): Node {
  const items: Node[] = [];
  do {
    items.push(reader.grammar.expression(reader));
  } while (reader.accept(','));
  return { kind: 'list', joint: 'comma', items };
}

function parseBraces(reader: TokenReader): Node {
  reader.expect('{');
  const inner = reader.grammar.statement(reader);
  if (reader.accept('choose')) {
    const chosen = reader.grammar.expression(reader);
    reader.expect('}');
    return { kind: 'call', name: 'binom', items: [inner, chosen] };
  }
  reader.expect('}');
  return inner;
}

/** A set: its members, or the condition on them. */
function parseSet(reader: TokenReader): Node {
  reader.expect('{set');
  if (reader.accept('}set')) {
    return { kind: 'namedSet', name: 'empty' };
  }
  reader.inBuilder = true;
  reader.bars = 1;
  const first = reader.grammar.statement(reader);
  if (reader.accept('|') || reader.accept('mid') || reader.accept(':')) {
    reader.inBuilder = false;
    reader.bars = 0;
    const condition = reader.grammar.statement(reader);
    reader.expect('}set');
    const isVariable = first.kind === 'symbol' || (first.kind === 'relation' && first.operators[0] === 'in');
    return isVariable ? { kind: 'builder', items: [condition] } : reader.fail('a set of expressions');
  }
  reader.expect('}set');
  return { kind: 'set', items: first.kind === 'list' ? first.items : [first] };
}

/** `|x|`: of a number its size, of a matrix its determinant. */
function parseBars(reader: TokenReader): Node {
  reader.expect('|');
  reader.bars = 1;
  const inner = reader.grammar.expression(reader);
  reader.bars = 0;
  reader.expect('|');
  return { kind: 'call', name: inner.kind === 'matrix' ? 'det' : 'abs', items: [inner] };
}
