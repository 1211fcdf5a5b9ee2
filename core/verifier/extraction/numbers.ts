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
const POWER = /^\s*(?:\\times|\\cdot|[×·*x])\s*10\s*(?:\^|\*\*)\s*(?:\{[-−+]?\d{1,5}\}|[-−+]?\d{1,5})/u;
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
  const number = lastWritten(text, ({ index }) => !/[\p{L}_]/u.test(text[index - 1] ?? ''));
  if (number === undefined) return undefined;
  const written = number[0];
  const before = text.slice(Math.max(0, number.index - BEFORE), number.index);
  if (KEY.test(before)) return undefined;
  const pattern = /^\d{3}(?:\.\d+)?$/u.test(written) ? SPACED : /^\d+\/\d+$/u.test(written) ? MIXED : undefined;
  const start = number.index - (pattern?.exec(before)?.[0].length ?? 0);
  const after = number.index + written.length;
  const end = after + (POWER.exec(text.slice(after, after + BEFORE))?.[0].length ?? 0);
  const suffix = suffixAt(text, end);
  return { start, end: suffix?.end ?? end, text: text.slice(start, end) + (suffix?.text ?? '') };
}
