import { LONGEST_LIST } from './boxes.ts';
import { hasSeparator } from './joiners.ts';
import { findMaths, type Maths } from './maths.ts';
import { isDenied, lastQuantity } from './numbers.ts';
import type { Span } from './span.ts';
import { isFormula, isProse, suffixAt } from './words.ts';

/** An answer as a formula writes it, and where it was found. */
export interface Statement extends Span {
  readonly text: string;
}

const TOKEN = /\\(?:text|textbf|mathrm|mbox|begin|end)\s*\{[^{}]{0,200}\}|\\[a-zA-Z]+|\p{L}+|[^\\\p{L}]+|\\/gu;
const CONNECTORS = /(?:[\s,;:=(\-–—]|\b(?:and|or|a|an|I)\b)$/u;
const LONGEST_WORDS = 60;
const BOLD = /(?<![\w*])\*\*(?![\s*])([^*\n]{1,200})\*\*(?![\w*])/gu;
const AFTER_SIGN = /^[^:=]{0,100}[:=]\s*/u;
const VARIABLE = /^\s*(?:[a-zA-Z]|\\[a-z]{2,7})(?:_(?:\w|\{\w{1,5}\}))?\s*$/u;
const CONSTANT = /^\s*(?:e|i|\\(?:pi|infty|emptyset|varnothing))\s*$/u;
const CONCLUSION = /(?:^|[.!?$\])]\s|\n)\s{0,9}(?:therefore|thus|hence|so|consequently|in conclusion|in total)\b/giu;
const LONGEST_SENTENCE = 500;
const SENTENCE_END = /\n|[.!?](?=\s|$)/u;
const LONGEST_TAIL = 300;
const TAIL_BREAK = /\n|[.!?:]\s/gu;
const LETTERS = /(?<![\\\p{L}])\p{L}{2,}/gu;
const OPERATION = /[=<>≤≥≠()[\]^*/×·+√π∞]|\\[a-z]|\b(?:and|or)\b|\d\s*-\s*\d/u;
const SEVERAL = ' \\text{ and } ';

/** Joins the answers of a list so that no comma of theirs is mistaken for the list's; what is said twice counts once. */
export function joinAnswers(texts: readonly string[]): string {
  const plain = texts.map((text) => text.trim());
  return [...new Set(plain)].join(SEVERAL);
}

/** The last delimited maths of a text, with those that it is listed with, and with a unit that follows. Lone variables do not count. */
export function lastMaths(text: string, variables: 'skip' | 'only' = 'skip'): Statement | undefined {
  const all = findMaths(text);
  const isWanted = (maths: Maths): boolean => {
    const content = text.slice(maths.start, maths.end);
    return content.trim() !== '' && isVariable(content) === (variables === 'only') && !isDenied(text, maths.from);
  };
  const last = all.findLastIndex(isWanted);
  if (last < 0) return undefined;
  let first = last;
  while (first > 0 && last - first < LONGEST_LIST && isListed(text, all[first - 1], all[first])) first--;
  return listOf(text, all.slice(first, last + 1));
}

/** The delimited maths with which a text begins, with those that are listed after it. */
function leadingMaths(text: string): Statement | undefined {
  const all = findMaths(text);
  const first = all[0];
  if (first === undefined || /[\p{L}\p{N}]/u.test(text.slice(0, first.from))) return undefined;
  let end = 1;
  while (end < LONGEST_LIST && isListed(text, all[end - 1], all[end])) end++;
  return listOf(text, all.slice(0, end));
}

function isListed(text: string, left: Maths | undefined, right: Maths | undefined): boolean {
  return left !== undefined && right !== undefined && hasSeparator(text.slice(left.to, right.from));
}

function listOf(text: string, list: readonly Maths[]): Statement | undefined {
  const [first, last] = [list[0], list.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const suffix = suffixAt(text, last.to);
  const contents = list.map((maths) => mathsText(text, maths));
  return { text: joinAnswers(contents) + (suffix?.text ?? ''), start: first.from, end: suffix?.end ?? last.to };
}

/** The content of maths; of an environment of equations the last row. */
function mathsText(text: string, maths: Maths): string {
  const content = text.slice(maths.start, maths.end);
  if (!text.startsWith('\\begin', maths.from)) return content;
  const rows = content.split(/\\\\/u).filter((row) => row.trim() !== '');
  return (rows.at(-1) ?? content).replaceAll('&', ' ');
}

function isVariable(content: string): boolean {
  return VARIABLE.test(content) && !CONSTANT.test(content);
}

/** What a phrase states: maths or a formula with which it begins, else the last of both in it, else a few words. */
export function phraseStatement(phrase: string, wants: { latex: boolean; expr: boolean }): Statement | undefined {
  const leading = wants.latex ? leadingMaths(phrase) : undefined;
  if (leading !== undefined && !isVariable(leading.text)) return leading;
  const formula = wants.expr ? leadingFormula(phrase) : undefined;
  if (formula !== undefined) return formula;
  const maths = wants.latex ? lastMaths(phrase) : undefined;
  const number = wants.expr ? (trailingFormula(phrase) ?? lastQuantity(phrase)) : undefined;
  const later = maths === undefined || (number !== undefined && number.end > maths.end) ? number : maths;
  return later ?? leading ?? (wants.expr ? words(phrase) : undefined);
}

/** The formula with which a text begins, up to the first word of prose. */
function leadingFormula(text: string): Statement | undefined {
  let end = text.length;
  for (const token of text.matchAll(TOKEN)) {
    if (/^\p{L}/u.test(token[0]) && token[0].split(/and|or/u).some(isProse)) {
      end = token.index;
      break;
    }
  }
  const isWhole = end === text.length;
  const formula = trimConnectors(text.slice(0, end));
  if (formula.includes('$') && findMaths(formula).length > 0) return undefined;
  const states = /[\p{N}\\∞∅]/u.test(formula) || (isWhole && /\p{L}/u.test(formula));
  return states && isFormula(formula) ? { text: withUnit(formula), start: 0, end: formula.length } : undefined;
}

function trimConnectors(text: string): string {
  let trimmed = text;
  let match = CONNECTORS.exec(trimmed.slice(-10));
  while (match !== null) {
    trimmed = trimmed.slice(0, trimmed.length - match[0].length);
    match = CONNECTORS.exec(trimmed.slice(-10));
  }
  return trimmed;
}

/** A plain formula whose last number has a unit, with the unit as LaTeX writes it. */
function withUnit(formula: string): string {
  const digit = /\d(?=[^\d]{0,40}$)/u.exec(formula.slice(-41));
  const at = formula.length - Math.min(41, formula.length) + (digit?.index ?? -1) + 1;
  const suffix = digit === null ? undefined : suffixAt(formula, at);
  return suffix?.end === formula.trimEnd().length ? formula.slice(0, at) + suffix.text : formula;
}

/** The formula with which the last sentence ends, as in "The point is (2, 3)."; a number alone is none. */
export function trailingFormula(text: string): Statement | undefined {
  const end = text.trimEnd().replace(/[.!?]$/u, '').length;
  const tail = text.slice(Math.max(0, end - LONGEST_TAIL), end);
  const breaks = [...tail.matchAll(TAIL_BREAK)];
  const lead = breaks.at(-1);
  const from = (lead?.index ?? 0) + (lead?.[0].length ?? 0);
  const words = [...tail.slice(from).matchAll(LETTERS)].filter(({ 0: word }) => word.split(/and|or/u).some(isProse));
  const last = words.at(-1);
  if (lead === undefined && last === undefined) return undefined;
  const rest = tail.slice(from + (last === undefined ? 0 : last.index + last[0].length));
  const formula = trimConnectors(rest).replace(/^[\s,;:]+/u, '');
  if (!/\d/u.test(formula) || !OPERATION.test(formula) || formula.includes('$') || !isBalanced(formula))
    return undefined;
  if (!isFormula(formula) || isDenied(tail, tail.length - rest.length + rest.indexOf(formula))) return undefined;
  const start = end - rest.length + rest.indexOf(formula);
  return { text: withUnit(formula), start, end: start + formula.length };
}

function isBalanced(formula: string): boolean {
  const count = (pattern: RegExp): number => formula.match(pattern)?.length ?? 0;
  return count(/[([{]/gu) === count(/[)\]}]/gu);
}

/** What the last sentence that begins with "therefore", "so" or the like states, if no maths comes after it. */
export function conclusion(text: string): Statement | undefined {
  let start = -1;
  for (const match of text.matchAll(CONCLUSION)) start = match.index + match[0].length;
  if (start < 0) return undefined;
  const rest = text.slice(start, start + LONGEST_SENTENCE);
  const sentence = rest.slice(0, SENTENCE_END.exec(rest)?.index ?? rest.length);
  if (lastMaths(sentence) !== undefined || lastMaths(text.slice(start)) !== undefined) return undefined;
  const found = trailingFormula(sentence) ?? lastQuantity(sentence);
  return found && { ...found, start: start + found.start, end: start + found.end };
}

/** A few words in bold, or a completion of a few words. */
export function bareWords(text: string): Statement | undefined {
  const match = [...text.matchAll(BOLD)].at(-1);
  if (match === undefined) return words(text);
  const found = words(match[1] ?? '');
  return found && { ...found, start: match.index + 2, end: match.index + 2 + (match[1] ?? '').length };
}

function words(phrase: string): Statement | undefined {
  const plain = phrase.replace(/[*_"'“”]/gu, '').trim();
  if (plain === '' || plain.length > LONGEST_WORDS || /[\p{N}\\$:<>]/u.test(plain)) return undefined;
  return { text: `\\text{${plain.replace(/^the\s/iu, '')}}`, start: 0, end: phrase.length };
}

/** The last formula or number in markdown bold, alone there or after a colon or equals sign. */
export function lastBold(text: string): Statement | undefined {
  const found = [...text.matchAll(BOLD)];
  for (const match of found.reverse()) {
    const content = match[1] ?? '';
    const lead = isFormula(content) ? 0 : (AFTER_SIGN.exec(content)?.[0].length ?? 0);
    const formula = content.slice(lead);
    if (/\d/u.test(formula) && isFormula(formula)) {
      const start = match.index + 2 + lead;
      return { text: withUnit(formula), start, end: start + formula.length };
    }
  }
  return undefined;
}

/** A text that is a formula alone, or whose last line is. */
export function bareFormula(text: string): Statement | undefined {
  const whole = text.trim();
  const line = whole.slice(whole.lastIndexOf('\n') + 1).trim();
  for (const each of [whole, line]) {
    if (each !== '' && isFormula(each)) {
      const start = text.lastIndexOf(each);
      return { text: withUnit(each), start, end: start + each.length };
    }
  }
  return undefined;
}
