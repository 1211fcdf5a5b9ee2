import { productOf, quotientOf, wholeNumber, type Node } from './node.ts';
import { parseMatrix } from './parseMatrix.ts';
import type { TokenReader } from './tokenReader.ts';

/** Functions of one argument and what they are called here. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  cot: 'cot',
  sec: 'sec',
  csc: 'csc',
  sinh: 'sinh',
  cosh: 'cosh',
  tanh: 'tanh',
  coth: 'coth',
  sech: 'sech',
  csch: 'csch',
  arcsin: 'arcsin',
  arccos: 'arccos',
  arctan: 'arctan',
  arccot: 'arccot',
  arcsec: 'arcsec',
  arccsc: 'arccsc',
  arcsinh: 'arcsinh',
  arccosh: 'arccosh',
  arctanh: 'arctanh',
  ln: 'ln',
  log: 'log',
  lg: 'lg',
  exp: 'exp',
  Re: 're',
  Im: 'im',
  arg: 'arg',
  abs: 'abs',
  floor: 'floor',
  ceil: 'ceil',
  cbrt: 'cbrt',
  det: 'det',
};
/** Root signs of unicode, which take a whole number, and their degrees. */
const SURDS = { surd: 2n, cubesurd: 3n, quartsurd: 4n };
const SEVERAL = ['gcd', 'lcm', 'max', 'min'];
const INVERTED: Readonly<Record<string, string>> = {
  sin: 'arcsin',
  cos: 'arccos',
  tan: 'arctan',
  cot: 'arccot',
  sec: 'arcsec',
  csc: 'arccsc',
  sinh: 'arcsinh',
  cosh: 'arccosh',
  tanh: 'arctanh',
};
const SETS: Readonly<Record<string, Extract<Node, { kind: 'namedSet' }>['name']>> = {
  R: 'R',
  Z: 'Z',
  N: 'N',
  Q: 'Q',
  C: 'C',
};
const DECORATIONS = [
  'overline',
  'vec',
  'hat',
  'tilde',
  'dot',
  'angle',
  'triangle',
  'measuredangle',
  'odot',
  'Delta',
  'nabla',
];
const GREEK = new RegExp(
  `^(?:${(
    'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi ' +
    'omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar partial aleph zzz'
  )
    .split(' ')
    .join('|')})$`,
  'u',
);
const OPERATOR_SIGNS = /^(?:[-+*/^_=<>()[\]{}|!:;,&'"%$?]|\\|[{}]set|end .*)$/u;
const OPERATOR_NAMES = new Set(
  (
    'le ge ne approx equiv in notin cup cap setminus and or pm mp mid rangle rfloor rceil bmod pmod mod circ degree ' +
    'prime to rightarrow Rightarrow implies iff ldots subset subseteq parallel perp because therefore forall exists ' +
    'infin choose'
  ).split(' '),
);

function isOperator(name: string): boolean {
  return OPERATOR_NAMES.has(name) || OPERATOR_SIGNS.test(name);
}

/** Whether a command, by its name, stands for a value. */
export function startsCommand(name: string): boolean {
  return !isOperator(name);
}

/** Reads a command and its arguments; one that is not known is the name of a variable. */
export function parseCommand(reader: TokenReader): Node {
  const start = reader.position;
  const { text: name } = reader.next();
  if (Object.hasOwn(FUNCTIONS, name)) {
    return parseFunction(reader, name);
  }
  if (SEVERAL.includes(name)) {
    return { kind: 'call', name, items: parseArguments(reader) };
  }
  switch (name) {
    case 'frac':
      return parseFraction(reader, start);
    case 'binom':
      return { kind: 'call', name: 'binom', items: [parseArgument(reader), parseArgument(reader)] };
    case 'sqrt':
      return parseRoot(reader);
    case 'surd':
    case 'cubesurd':
    case 'quartsurd':
      return { kind: 'call', name: 'root', items: [reader.grammar.atom(reader), wholeNumber(SURDS[name])] };
    case 'pi':
      return { kind: 'constant', name: 'pi' };
    case 'infty':
      return { kind: 'constant', name: 'infinity' };
    case 'emptyset':
      return { kind: 'namedSet', name: 'empty' };
    case 'mathbb':
    case 'Bbb':
      return parseNamedSet(reader);
    case 'sum':
    case 'prod':
      return parseSeries(reader, start, name === 'sum' ? 'sum' : 'product');
    case 'int':
    case 'lim':
      return parseCalculus(reader, start, name);
    default:
      return parseOther(reader, name);
  }
}

function parseOther(reader: TokenReader, name: string): Node {
  if (name.startsWith('begin ')) {
    return parseMatrix(reader, name.slice('begin '.length));
  }
  if (DECORATIONS.includes(name)) {
    return parseDecorated(reader, name);
  }
  if (isOperator(name)) {
    reader.rewind(reader.position - 1);
    return reader.fail('no value');
  }
  if (!GREEK.test(name) && reader.at('{')) {
    return reader.fail('an unknown command');
  }
  return { kind: 'symbol', name: `\\${name}${reader.grammar.marks(reader)}` };
}

/** One argument: what is in braces, or the next digit, letter or command. */
function parseArgument(reader: TokenReader): Node {
  if (reader.peek()?.kind !== 'number') {
    return reader.grammar.atom(reader);
  }
  const { text } = reader.splitDigit();
  return /^\d$/u.test(text) ? wholeNumber(BigInt(text)) : reader.fail('no argument');
}

function parseFraction(reader: TokenReader, start: number): Node {
  const isDerivative =
    reader.at('{') &&
    reader.peek(1)?.text === 'd' &&
    reader.at('}', 2) &&
    reader.peek(4)?.text === 'd' &&
    reader.at('}', 6);
  if (isDerivative) {
    [0, 1, 2, 3, 4, 5, 6].forEach(() => reader.next());
    reader.grammar.product(reader);
    return { kind: 'calculus', latex: reader.sourceSince(start) };
  }
  return quotientOf(parseArgument(reader), parseArgument(reader));
}

function parseRoot(reader: TokenReader): Node {
  let degree: Node = wholeNumber(2n);
  if (reader.accept('[')) {
    reader.closesBackwards = false;
    degree = reader.nested(() => reader.grammar.expression(reader));
    reader.expect(']');
  }
  return { kind: 'call', name: 'root', items: [parseArgument(reader), degree] };
}

function parseNamedSet(reader: TokenReader): Node {
  const braced = reader.accept('{');
  const name = SETS[reader.next().text];
  if (braced) {
    reader.expect('}');
  }
  return name ? { kind: 'namedSet', name } : reader.fail('no set of numbers');
}

/** Letters under a sign, as in `\overline{AB}` or `\angle ABC`, are one name; of an expression `\overline` is its conjugate. */
function parseDecorated(reader: TokenReader, name: string): Node {
  const start = reader.position;
  const braced = reader.accept('{');
  let letters = '';
  while (reader.peek()?.kind === 'letter' && (braced || name.endsWith('ngle') || letters === '')) {
    letters += reader.next().text;
  }
  const closed = !braced || reader.accept('}');
  if (letters !== '' && closed) {
    return { kind: 'symbol', name: `\\${name} ${letters}${reader.grammar.marks(reader)}` };
  }
  reader.rewind(start);
  if (name === 'Delta' || name === 'nabla') {
    return { kind: 'symbol', name: `\\${name}${reader.grammar.marks(reader)}` };
  }
  return name === 'overline' ? { kind: 'call', name: 'conj', items: [parseArgument(reader)] } : reader.fail('no name');
}

/** A function with its power and base: `\sin^2 x`, `\sin^{-1} x` (the inverse), `\log_2 8`. */
function parseFunction(reader: TokenReader, name: string): Node {
  const base = (name === 'log' || name === 'lg' || name === 'ln') && reader.accept('_') ? parseBase(reader) : undefined;
  const exponent = reader.accept('^') ? parseExponent(reader) : undefined;
  const isInverse =
    exponent?.kind === 'number' && exponent.value.numerator === -1n && exponent.value.denominator === 1n;
  const inverted = isInverse ? INVERTED[name] : undefined;
  const argument = parseFunctionArgument(reader);
  const call: Node = {
    kind: 'call',
    name: inverted ?? FUNCTIONS[name] ?? name,
    items: base ? [argument, base] : [argument],
  };
  return exponent && inverted === undefined ? { kind: 'power', items: [call, exponent] } : call;
}

function parseBase(reader: TokenReader): Node {
  return reader.peek()?.kind === 'number' ? reader.grammar.atom(reader) : parseArgument(reader);
}

function parseExponent(reader: TokenReader): Node {
  const negative = reader.accept('-');
  const value = reader.grammar.atom(reader);
  return negative ? productOf([wholeNumber(-1n), value]) : value;
}

/** In brackets the bracket alone, else the factors that follow up to the next function. */
function parseFunctionArgument(reader: TokenReader): Node {
  if (reader.at('(') || reader.at('{') || reader.at('[') || reader.at('|')) {
    return reader.grammar.atom(reader);
  }
  const factors: Node[] = [];
  const negative = reader.accept('-');
  do {
    factors.push(reader.grammar.power(reader));
  } while (reader.grammar.continues(reader) && !Object.hasOwn(FUNCTIONS, reader.peek()?.text ?? ''));
  const product = productOf(factors);
  return negative ? productOf([wholeNumber(-1n), product]) : product;
}

function parseArguments(reader: TokenReader): readonly Node[] {
  const group = reader.grammar.atom(reader);
  return group.kind === 'tuple' || group.kind === 'set' || group.kind === 'list' ? group.items : [group];
}

/** `\sum_{k=1}^{n} f(k)`. */
function parseSeries(reader: TokenReader, start: number, name: 'sum' | 'product'): Node {
  reader.expect('_');
  const lower = parseArgument(reader);
  reader.expect('^');
  const to = reader.peek()?.kind === 'number' || reader.at('{') ? reader.grammar.atom(reader) : parseArgument(reader);
  const [variable, from] = lower.kind === 'relation' && lower.operators[0] === '=' ? lower.items : [];
  const isName = variable?.kind === 'symbol' || (variable?.kind === 'constant' && variable.name === 'i');
  if (!isName || !from) {
    return reader.fail('no bounds');
  }
  const body = reader.grammar.product(reader);
  const items = [from, to, variable.kind === 'symbol' ? body : renamed(body)] as const;
  return {
    kind: 'series',
    name,
    variable: variable.kind === 'symbol' ? variable.name : 'i',
    items,
    latex: reader.sourceSince(start),
  };
}

/** In a sum over `i` the letter is no imaginary unit. */
function renamed(node: Node): Node {
  if (node.kind === 'constant' && node.name === 'i') {
    return { kind: 'symbol', name: 'i' };
  }
  // The kinds with a fixed number of children keep that number.
  return 'items' in node ? ({ ...node, items: node.items.map(renamed) } as Node) : node;
}

/** An integral or a limit: kept as it is written. */
function parseCalculus(reader: TokenReader, start: number, name: 'int' | 'lim'): Node {
  if (name === 'lim') {
    reader.expect('_');
    const depthStart = reader.position;
    skipArgument(reader);
    if (reader.position === depthStart) {
      return reader.fail('no limit');
    }
    reader.grammar.product(reader);
    return { kind: 'calculus', latex: reader.sourceSince(start) };
  }
  let depth = 0;
  for (;;) {
    const token = reader.next();
    const follows = reader.peek();
    depth +=
      token.kind !== 'sign'
        ? 0
        : ['(', '{', '[', '{set'].includes(token.text)
          ? 1
          : [')', '}', ']', '}set'].includes(token.text)
            ? -1
            : 0;
    if (depth < 0) {
      return reader.fail('no integral');
    }
    const isVariable = follows?.kind === 'letter' || (follows?.kind === 'sign' && GREEK.test(follows.text));
    if (depth === 0 && token.kind === 'letter' && token.text === 'd' && isVariable) {
      reader.next();
      return { kind: 'calculus', latex: reader.sourceSince(start) };
    }
  }
}

function skipArgument(reader: TokenReader): void {
  let depth = 0;
  do {
    const token = reader.next();
    depth += token.text === '{' ? 1 : token.text === '}' ? -1 : 0;
  } while (depth > 0);
}
