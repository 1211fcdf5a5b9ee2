import { excerpt } from '../excerpt.ts';
import { normaliseNumberText, parseNumber } from '../parseNumber.ts';
import { formatRational, sameRational } from '../rational.ts';
import type { CompareOptions, Comparison } from './comparison.ts';

/**
 * Whether an answer is the reference: both are extracted texts, LaTeX or plain. Pure and synchronous, never throws; work is
 * bounded. Where it is in doubt the answer is not equal.
 */
export function compareAnswers(gold: string, answer: string, _options: CompareOptions): Comparison {
  const [wanted, given] = [gold, answer].map(normaliseNumberText);
  if (!wanted) {
    return { equal: undefined, decidedBy: 'reference', trace: [`the reference ${excerpt(gold)} says nothing`] };
  }
  if (given === wanted) {
    return { equal: true, decidedBy: 'text', trace: [`same text ${excerpt(wanted)}`] };
  }
  const [goldValue, answerValue] = [wanted, given ?? ''].map(parseNumber);
  const equal = goldValue !== undefined && answerValue !== undefined && sameRational(goldValue, answerValue);
  const shown = [goldValue, answerValue].map((value) => value && excerpt(formatRational(value)));
  return { equal, decidedBy: 'number', trace: [`as exact fractions ${shown.join(' and ')}`] };
}
