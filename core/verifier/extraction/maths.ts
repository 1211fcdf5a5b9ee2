import type { Span } from './span.ts';

/** Maths between delimiters: the content, and where the delimiters begin and end. */
export interface Maths extends Span {
  readonly from: number;
  readonly to: number;
}

const ENVIRONMENT = /^\\begin\{((?:align|aligned|equation|gather|multline|eqnarray)\*?)\}/u;
const ENVIRONMENT_LENGTH = 20;
const PROSE = /(?<![\\a-zA-Z])[a-zA-Z]{2,}/u;
/** Longest amount of money that is told from maths by the words that follow it. */
const AMOUNT = 300;

/** Looks for the next place of a token; remembers it, so that all looks together pass the text once. */
function nextPlaces(text: string): (token: string, from: number) => number {
  const places = new Map<string, number>();
  return (token, from) => {
    const known = places.get(token) ?? -1;
    if (known >= from) return known;
    const found = text.indexOf(token, from);
    const place = found < 0 ? Infinity : found;
    places.set(token, place);
    return place;
  };
}

/**
 * All delimited maths of a text, in order: `$..$` and `\(..\)` within a line, `$$..$$`, `\[..\]` and the environments of equations.
 * `\$` and dollars of money are no delimiters. Takes time linear in the length.
 */
export function findMaths(text: string): readonly Maths[] {
  const found: Maths[] = [];
  const next = nextPlaces(text);
  let index = 0;
  while (index < text.length) {
    const dollar = next('$', index);
    const backslash = next('\\', index);
    const at = Math.min(dollar, backslash);
    if (at === Infinity) break;
    const maths = text[at] === '$' ? dollarMaths(text, at, next) : commandMaths(text, at, next);
    if (maths === undefined) {
      index = at + (text[at] === '$' ? 1 : 2);
    } else {
      if (maths.end > maths.start) found.push(maths);
      index = maths.to;
    }
  }
  return found;
}

function dollarMaths(text: string, at: number, next: (token: string, from: number) => number): Maths | undefined {
  if (text[at + 1] === '$') {
    const end = next('$$', at + 2);
    return end === Infinity ? undefined : { from: at, start: at + 2, end, to: end + 2 };
  }
  const end = closingDollar(text, at + 1, next);
  if (end === undefined || isMoney(text, at, end)) return undefined;
  return { from: at, start: at + 1, end, to: end + 1 };
}

function closingDollar(text: string, from: number, next: (token: string, from: number) => number): number | undefined {
  let end = next('$', from);
  while (end < Infinity && text[end - 1] === '\\') end = next('$', end + 1);
  return end < next('\n', from) && end < Infinity ? end : undefined;
}

/** Whether the dollar is of an amount, as in "$5 and then $6": digits follow both signs, and words stand between. */
function isMoney(text: string, at: number, end: number): boolean {
  const isDigit = (index: number): boolean => /\d/u.test(text[index] ?? '');
  return isDigit(at + 1) && isDigit(end + 1) && end - at < AMOUNT && PROSE.test(text.slice(at, end));
}

function commandMaths(text: string, at: number, next: (token: string, from: number) => number): Maths | undefined {
  const opening = text[at + 1];
  if (opening === '(') {
    const end = next('\\)', at + 2);
    return end < next('\n', at) ? { from: at, start: at + 2, end, to: end + 2 } : undefined;
  }
  if (opening === '[') {
    const end = next('\\]', at + 2);
    return end === Infinity ? undefined : { from: at, start: at + 2, end, to: end + 2 };
  }
  const environment = ENVIRONMENT.exec(text.slice(at, at + ENVIRONMENT_LENGTH));
  if (environment === null) return undefined;
  const closing = `\\end{${environment[1] ?? ''}}`;
  const start = at + environment[0].length;
  const end = next(closing, start);
  return end === Infinity ? undefined : { from: at, start, end, to: end + closing.length };
}
