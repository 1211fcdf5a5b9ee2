import type { Span } from './span.ts';
import { suffixAt } from './words.ts';

const NUMBER =
  /\\[dt]?frac\{-?\d+\}\{-?\d+\}|(?:(?<![\w.)\]}])[-−])?(?:\d+(?:,\d+)*(?:\.\d+)?|\.\d+)(?:e[+-]?\d{1,5}|\/\d+(?:\.\d+)?)?/gu;
const GROUPED = /^[-−]?\d{1,3}(?:,\d{3})*(?![\d,])/u;
/** How far before a number what belongs to it is looked for. */
const BEFORE = 60;
/** Groups of three digits, or the whole part of a mixed number, before the last number. */
const SPACED = /(?<![\w.,)\]}])[-−]?\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})*[ \u00a0\u2009\u202f]$/u;
const MIXED = /(?<![\w.,)\]}])[-−]?\d{1,6}[ \u00a0]$/u;
/** A factor, numerator or base before the last number; only ten has powers that are written with the letter x. */
const OPERAND =
  /(?<![\w.,])[-−]?\d[\d,]*(?:\.\d+)?\s?(?:(?:\^|\*\*|\\times|\\cdot|[×·*/÷])\s?\{?[-−]?|x\s?10\s?\^\s?\{?[-−]?)$/u;
const MOST_OPERANDS = 6;
const POWER = /^\s*(?:\\times|\\cdot|[×·*x])\s*10\s*(?:\^|\*\*)\s*(?:\{[-−+]?\d{1,5}\}|[-−+]?\d{1,5})/u;
const DENIAL = /(?:\bnot|n't)\s+(?:equal\s+to\s+|be\s+)?[-−]?$/iu;
const DENIAL_LENGTH = 20;
const KEY = /"\s*:\s*"?$/u;

/** The last number of a text as it stands there; in a list without blanks (`12,15`) the last of the list. */
export function lastNumber(text: string): Span | undefined {
  const written = lastWritten(text, () => true);
  if (written === undefined) return undefined;
  const [start, list] = [written.index, written[0]];
  const isList = list.includes(',') && !GROUPED.test(list);
  return { start: isList ? start + list.lastIndexOf(',') + 1 : start, end: start + list.length };
}

function lastWritten(text: string, isWanted: (match: RegExpExecArray) => boolean): RegExpExecArray | undefined {
  let last: RegExpExecArray | undefined;
  for (const match of text.matchAll(NUMBER)) {
    if (isWanted(match)) last = match;
  }
  return last;
}

/**
 * The last number with what belongs to it: spaced groups of digits (`1 000`), the whole part of a mixed number (`1 1/2`), a power of ten
 * and a unit, percent or degree sign. Digits of names (`A2`) and values of JSON keys are no answers. `text` is how a formula writes it.
 */
export function lastQuantity(text: string): (Span & { readonly text: string }) | undefined {
  const number = lastWritten(text, ({ index }) => !/[\p{L}_]/u.test(text[index - 1] ?? '') && !isDenied(text, index));
  if (number === undefined) return undefined;
  const written = number[0];
  const before = text.slice(Math.max(0, number.index - BEFORE), number.index);
  if (KEY.test(before)) return undefined;
  const start = number.index - leadLength(before, written);
  const after = number.index + written.length;
  const rest = text.slice(after, after + BEFORE);
  const closing = /\{[-−]?$/u.test(before) && rest.startsWith('}') ? 1 : 0;
  const end = after + closing + (POWER.exec(rest)?.[0].length ?? 0);
  const suffix = suffixAt(text, end);
  return { start, end: suffix?.end ?? end, text: text.slice(start, end) + (suffix?.text ?? '') };
}

/** Whether the text says just before `index` that what follows is not the answer. */
export function isDenied(text: string, index: number): boolean {
  return DENIAL.test(text.slice(Math.max(0, index - DENIAL_LENGTH), index));
}

/** How much of what stands before a number belongs to it. */
function leadLength(before: string, written: string): number {
  const pattern = /^\d{3}(?:\.\d+)?$/u.test(written) ? SPACED : /^\d+\/\d+$/u.test(written) ? MIXED : undefined;
  let length = pattern?.exec(before)?.[0].length ?? 0;
  for (let operands = 0; length === 0 || operands > 0;) {
    const operand = OPERAND.exec(before.slice(0, before.length - length))?.[0];
    if (operand === undefined || operands === MOST_OPERANDS) break;
    length += operand.length;
    operands++;
  }
  return length;
}
