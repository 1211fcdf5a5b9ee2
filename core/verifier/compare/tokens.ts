import { multiplierOf, namedUnit } from './units.ts';

/** A piece of mathematical text. */
export interface Token {
  /** `word`: prose or a unit; `sign`: a bracket, operator or command, by its own name. */
  readonly kind: 'number' | 'letter' | 'word' | 'sign';
  readonly text: string;
  /** Whether a blank stands before it. */
  readonly spaced: boolean;
  /** Where it stands in the text. */
  readonly start: number;
  readonly end: number;
}

const LONGEST = 60_000;
const GROUPED_DIGITS = /(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d{1,3}(?:[\u00a0 ]\d{3})+(?!\d)|\d+)/u;
const DECIMALS = /(?:\.\d*(?!\.))?(?:[eE][+-]?\d{1,9}(?![\d.]))?|\.\d+(?:[eE][+-]?\d{1,9}(?![\d.]))?/u;
const NUMBER = new RegExp(`${GROUPED_DIGITS.source}${DECIMALS.source}`, 'uy');
const UNGROUPED = /\d+(?:\.\d*(?!\.))?(?:[eE][+-]?\d{1,9}(?![\d.]))?|\.\d+/uy;
const COMMAND = /\\(?:[A-Za-z]+|.)/uy;
const ENVIRONMENT = /\{[A-Za-z]+\*?\}/uy;
const LETTERS = /[A-Za-z]+/uy;
const LETTER_UNIT = /^(?:m|g|h|s|L|N|J|W|V)(?:\^?\{?[23]\}?|\/(?:s|h)(?:\^?\{?2\}?)?)?$/u;
const OPENING = new Set(['(', '[', '{set']);
const CLOSING = new Set([')', ']', '}set']);
const TEXT_COMMANDS =
  /^\\(?:text|textbf|textit|textrm|textnormal|textsf|texttt|textup|emph|mbox|hbox|mathrm|operatorname|mathop|mathbin)$/u;

/** Names that mean something where letters run together: functions, constants, roots. */
const NAMES = [
  'arcsinh',
  'arccosh',
  'arctanh',
  'arcsin',
  'arccos',
  'arctan',
  'arccot',
  'arcsec',
  'arccsc',
  'arctg',
  'arcctg',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'coth',
  'sech',
  'csch',
  'sqrt',
  'cbrt',
  'sin',
  'cos',
  'tan',
  'cot',
  'sec',
  'csc',
  'ctg',
  'tg',
  'log',
  'ln',
  'lg',
  'exp',
  'abs',
  'floor',
  'ceil',
  'gcd',
  'lcm',
  'max',
  'min',
  'infinity',
  'infty',
  'inf',
  'oo',
  'pi',
  'theta',
  'alpha',
  'beta',
  'gamma',
  'lambda',
  'phi',
  'sigma',
  'omega',
  'mod',
];
/** Functions that are names only where they stand upright. */
const PART_NAMES = ['Re', 'Im', 'arg', 'det', 'sgn'];
const NAME_AT = new RegExp(`(?:${NAMES.join('|')})`, 'uy');
const ALIASES: Readonly<Record<string, string>> = {
  leq: 'le',
  leqslant: 'le',
  leqq: 'le',
  geq: 'ge',
  geqslant: 'ge',
  geqq: 'ge',
  neq: 'ne',
  lt: '<',
  gt: '>',
  dfrac: 'frac',
  tfrac: 'frac',
  cfrac: 'frac',
  sfrac: 'frac',
  nicefrac: 'frac',
  dbinom: 'binom',
  tbinom: 'binom',
  times: '*',
  cdot: '*',
  ast: '*',
  bullet: '*',
  div: '/',
  lbrace: '{set',
  rbrace: '}set',
  '{': '{set',
  '}': '}set',
  lbrack: '[',
  rbrack: ']',
  lparen: '(',
  rparen: ')',
  lvert: '|',
  rvert: '|',
  vert: '|',
  infin: 'infty',
  infinity: 'infty',
  inf: 'infty',
  oo: 'infty',
  varnothing: 'emptyset',
  colon: ':',
  '%': '%',
  $: '$',
  backslash: 'setminus',
  smallsetminus: 'setminus',
  simeq: 'approx',
  cong: 'approx',
  thickapprox: 'approx',
  doteq: 'approx',
  sim: 'approx',
  lor: 'or',
  vee: 'or',
  land: 'and',
  wedge: 'and',
  degree: 'degree',
  dots: 'ldots',
  cdots: 'ldots',
  tg: 'tan',
  ctg: 'cot',
  arctg: 'arctan',
  arcctg: 'arccot',
  asin: 'arcsin',
  acos: 'arccos',
  atan: 'arctan',
  varphi: 'phi',
  vartheta: 'theta',
  varepsilon: 'epsilon',
  overrightarrow: 'vec',
  widehat: 'hat',
  widebar: 'overline',
  bar: 'overline',
};
/** Brackets for which a doubled pair says no more than one. */
const PAIRS: Readonly<Record<string, string>> = { '{': '}', '(': ')' };

/** A text being cut; `depth` counts the open brackets. */
interface Cutting {
  readonly text: string;
  readonly tokens: Token[];
  depth: number;
  /** Where the part ends that is being cut. */
  end: number;
}

/**
 * Cuts a normalised text in tokens; undefined where it is too long or holds something that is no mathematics. Redundant
 * brackets (`{{5}}`, `((x))`) are left out, however deep. Takes time linear in the length.
 */
export function tokensOf(text: string): readonly Token[] | undefined {
  if (text.length > LONGEST) {
    return undefined;
  }
  const cutting: Cutting = { text, tokens: [], depth: 0, end: text.length };
  return cut(cutting, 0, text.length) ? withoutRedundant(cutting.tokens) : undefined;
}

function cut(cutting: Cutting, start: number, end: number, afterBlank = false): boolean {
  const { text, tokens } = cutting;
  let index = start;
  let spaced = afterBlank;
  while (index < end) {
    const character = text.charAt(index);
    if (character === ' ' || character === '\u00a0') {
      spaced = true;
      index++;
      continue;
    }
    const next = cutOne(cutting, index, spaced, end);
    if (next === undefined || tokens.length > LONGEST) {
      return false;
    }
    index = next;
    spaced = false;
  }
  return true;
}

function cutOne(cutting: Cutting, index: number, spaced: boolean, end: number): number | undefined {
  const { text } = cutting;
  const character = text.charAt(index);
  if (/[\d.]/u.test(character)) {
    // In brackets a comma separates items: `(1,200)` is a pair.
    const number = matchAt(cutting.depth === 0 ? NUMBER : UNGROUPED, text, index);
    return number === undefined
      ? undefined
      : push(cutting, 'number', number.replace(/[,\s]/gu, ''), index, number.length, spaced);
  }
  if (character === '\\') {
    return cutCommand(cutting, index, spaced, end);
  }
  const letters = matchAt(LETTERS, text, index);
  if (letters !== undefined) {
    return cutLetters(cutting, index, letters.slice(0, end - index), spaced);
  }
  if (/[-+*/^_=<>()[\]{}|!:;,&'"%$?]/u.test(character) || /\p{Sc}/u.test(character)) {
    return push(cutting, 'sign', character, index, 1, spaced);
  }
  return /\p{L}/u.test(character) ? push(cutting, 'letter', character, index, 1, spaced) : undefined;
}

function push(
  cutting: Cutting,
  kind: Token['kind'],
  text: string,
  start: number,
  length: number,
  spaced: boolean,
): number {
  cutting.tokens.push({ kind, text, spaced, start, end: start + length });
  cutting.depth += kind !== 'sign' ? 0 : OPENING.has(text) ? 1 : CLOSING.has(text) ? -1 : 0;
  return start + length;
}

function cutCommand(cutting: Cutting, index: number, spaced: boolean, end: number): number | undefined {
  const command = matchAt(COMMAND, cutting.text, index) ?? '';
  if (TEXT_COMMANDS.test(command)) {
    return cutText(cutting, index + command.length, spaced, end);
  }
  if (command === '\\begin' || command === '\\end') {
    const environment = matchAt(ENVIRONMENT, cutting.text, index + command.length);
    const name = `${command.slice(1)} ${environment?.slice(1, -1) ?? ''}`;
    return environment === undefined
      ? undefined
      : push(cutting, 'sign', name, index, command.length + environment.length, spaced);
  }
  const name = command.slice(1);
  const alias = Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
  return name === '' ? undefined : push(cutting, 'sign', alias ?? name, index, command.length, spaced);
}

/** `\text{...}`: words stay together, anything else in it is cut like the text around it. */
function cutText(cutting: Cutting, index: number, spaced: boolean, end: number): number | undefined {
  const { text } = cutting;
  let start = index;
  while (text.charAt(start) === ' ') {
    start++;
  }
  if (text.charAt(start) !== '{') {
    return start;
  }
  const close = closingBrace(text, start);
  if (close === undefined || close >= end) {
    return undefined;
  }
  const content = text.slice(start + 1, close).trim();
  const isUnit = cutting.tokens.at(-1)?.kind === 'number' && namedUnit(content) !== undefined;
  if (!isUnit && (NAMES.includes(content) || PART_NAMES.includes(content))) {
    push(cutting, 'sign', ALIASES[content] ?? content, start + 1, 0, spaced);
  } else if (/^[\p{L}.'’° -]+$/u.test(content) && /\p{L}/u.test(content)) {
    for (const part of content.split(/(?<![\p{L}])(and|or)(?![\p{L}])/u).filter((words) => words.trim() !== '')) {
      push(cutting, 'word', part.trim(), start + 1, 0, true);
    }
  } else {
    const outerEnd = cutting.end;
    cutting.end = close;
    const isCut = cut(cutting, start + 1, close, true);
    cutting.end = outerEnd;
    return isCut ? close + 1 : undefined;
  }
  return close + 1;
}

function closingBrace(text: string, open: number): number | undefined {
  let depth = 0;
  for (let index = open; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '\\') {
      index++;
    } else if (character === '{') {
      depth++;
    } else if (character === '}' && --depth === 0) {
      return index;
    }
  }
  return undefined;
}

/** Letters that run together: a joining word, a unit after a number, names of functions, else one variable each. */
function cutLetters(cutting: Cutting, index: number, run: string, spaced: boolean): number {
  const { text, tokens } = cutting;
  const previous = tokens.at(-1);
  const afterNumber = previous?.kind === 'number' || previous?.kind === 'word';
  const joint =
    /^(?:and|or)(?=[A-Z]|$)/u.exec(run)?.[0] ?? (afterNumber && !spaced ? /^(?:and|or)/u.exec(run)?.[0] : undefined);
  if (joint !== undefined) {
    return push(cutting, 'word', joint, index, joint.length, spaced);
  }
  const isUnit = run.length > 1 && (namedUnit(run) !== undefined || multiplierOf(run) !== undefined || run === 'per');
  const isNoun = spaced && run.length > 3 && matchAt(NAME_AT, run, 0) === undefined;
  const isLetterUnit = spaced && previous?.kind === 'number' && LETTER_UNIT.test(text.slice(index, cutting.end));
  if ((afterNumber && (isUnit || isNoun || isLetterUnit)) || (spaced && isUnit && run.length > 3)) {
    return push(cutting, 'word', run, index, run.length, spaced);
  }
  let position = index;
  let blank = spaced;
  while (position < index + run.length) {
    const name = matchAt(NAME_AT, text, position);
    const known = name !== undefined && position + name.length <= index + run.length ? name : undefined;
    position = known
      ? push(cutting, 'sign', ALIASES[known] ?? known, position, known.length, blank)
      : push(cutting, 'letter', text.charAt(position), position, 1, blank);
    blank = false;
  }
  return position;
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

/** Leaves out brackets directly around the same kind of brackets. */
function withoutRedundant(tokens: readonly Token[]): readonly Token[] {
  const matches = new Map<number, number>();
  const open: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'sign' && token.text in PAIRS) {
      open.push(index);
    } else if (token.kind === 'sign' && (token.text === '}' || token.text === ')')) {
      const start = open.pop();
      if (start === undefined || PAIRS[tokens[start]?.text ?? ''] !== token.text) {
        return tokens;
      }
      matches.set(start, index);
    }
  }
  const dropped = new Set<number>();
  for (const [start, end] of matches) {
    if (tokens[start]?.text === tokens[start + 1]?.text && matches.get(start + 1) === end - 1) {
      dropped.add(start).add(end);
    }
  }
  return dropped.size === 0 ? tokens : tokens.filter((_, index) => !dropped.has(index));
}
