import type { CompareOptions, Comparison } from './compare/comparison.ts';
import { excerpt } from './excerpt.ts';
import { findAnswer, type AnswerSource, type FoundAnswer } from './extraction/findAnswer.ts';
import { findReference } from './extraction/findReference.ts';
import { normaliseNumberText, parseNumber } from './parseNumber.ts';
import { formatRational, sameRational } from './rational.ts';
import type { VerifierOptions } from './verifierOptions.ts';

/** One decision of a verification, for those who want to know why. */
export interface TraceStep {
  readonly step: 'reference' | 'answer' | 'comparison';
  /** What was decided, in words. */
  readonly detail: string;
  /** Where the extracted text was found: the kind of place, and which part of the text it is, `text.slice(start, end)`. */
  readonly source?: AnswerSource;
  readonly start?: number;
  readonly end?: number;
}

/** Whether a completion's answer is the reference, and why. */
export interface Verification {
  /** undefined: the reference cannot be used, so nothing can be said: the sample is to be masked and reported. */
  readonly equal: boolean | undefined;
  /** The comparison that decided, as in `number`; `extraction` where there was nothing to compare, `limit` where it took too long. */
  readonly decidedBy: string;
  readonly reference: FoundAnswer | undefined;
  readonly answer: FoundAnswer | undefined;
  readonly trace: readonly TraceStep[];
}

/** Two extracted texts that are still to be compared, which may take long. */
export interface PendingComparison {
  readonly gold: string;
  readonly answer: string;
  readonly options: CompareOptions;
  /** What the comparison's result comes to. */
  finish(comparison: Comparison): Verification;
}

const SOURCES: Readonly<Record<AnswerSource, string>> = {
  box: 'last box',
  boxes: 'boxes that are joined',
  'final answer': 'after "final answer"',
  'answer:': 'after "answer:"',
  'answer is': 'after "answer is"',
  marker: 'after ####',
  conclusion: 'number of the conclusion',
  maths: 'last delimited maths',
  formula: 'formula without delimiters',
  bold: 'last bold text',
  number: 'last number',
  words: 'words',
  choice: 'choice',
  reference: 'whole text',
};
const EXACT = /^[-−+]?(?:\d{1,50}|\d{1,50}\/\d{1,50}|\\[dt]?frac\{\d{1,50}\}\{\d{1,50}\})$/u;
const DECIMAL_COMMA = /^[-−+]?(?:0,\d{1,50}|(?!\d{1,3},\d{3}$)\d{1,50},\d{1,50})$/u;
const DECIMAL = /^[-−+]?\d{1,50}\.\d{1,50}$/u;

/**
 * Extracts reference and answer, and compares what can be compared at once: choices and plain numbers. Anything else is left to
 * a comparison that needs a time limit. Takes time linear in the lengths.
 */
export function prepareVerification(
  completion: string,
  reference: string,
  options: VerifierOptions,
): Verification | PendingComparison {
  const wanted = findReference(reference, options);
  const given = findAnswer(completion, options);
  const steps: readonly TraceStep[] = [
    { step: 'reference', ...describe(wanted, `nothing usable in ${excerpt(reference)}`) },
    { step: 'answer', ...describe(given, 'no answer found') },
  ];
  const decide = (equal: boolean | undefined, decidedBy: string, details: readonly string[]): Verification => ({
    equal,
    decidedBy,
    reference: wanted,
    answer: given,
    trace: [...steps, ...details.map((detail) => ({ step: 'comparison', detail }) as const)],
  });
  if (wanted === undefined) return decide(undefined, 'reference', ['the reference cannot be used: sample masked']);
  if (given !== undefined) {
    const quick = compareAtOnce(wanted, given);
    if (quick !== undefined) return decide(...quick);
  }
  const [gold, answer] = withDecimalPoint(wanted.text, given?.text ?? '');
  return {
    gold,
    answer,
    options: compareOptions(options),
    finish: ({ equal, decidedBy, trace }) =>
      given === undefined && equal !== undefined
        ? decide(false, 'extraction', ['nothing to compare'])
        : decide(equal, decidedBy, trace),
  };
}

/** The trace in one text, for terminals and tables. */
export function describeVerification({ trace }: Pick<Verification, 'trace'>): string {
  return trace.map(({ step, detail }) => `${step}: ${detail}`).join('\n');
}

function describe(found: FoundAnswer | undefined, otherwise: string): Omit<TraceStep, 'step'> {
  if (found === undefined) return { detail: otherwise };
  const place = found.isThought ? `${SOURCES[found.source]}, in a thought` : SOURCES[found.source];
  const { source, start, end } = found;
  return { detail: `${excerpt(found.text)} (${place})`, source, start, end };
}

function compareOptions(options: VerifierOptions): CompareOptions {
  const { precision, strict, allow_set_relation_comp: allowSetRelationComp } = options;
  const choices = options.extraction.find((target) => target.type === 'string');
  return {
    precision,
    strict,
    allowSetRelationComp,
    ...(choices === undefined ? {} : { strings: choices.strings, lowercase: choices.lowercase }),
  };
}

/** Where one side is a decimal with a point, `1,22` on the other side is one with a comma, not a list. */
function withDecimalPoint(gold: string, answer: string): [gold: string, answer: string] {
  if (DECIMAL.test(answer) && DECIMAL_COMMA.test(gold)) return [gold.replace(',', '.'), answer];
  if (DECIMAL.test(gold) && DECIMAL_COMMA.test(answer)) return [gold, answer.replace(',', '.')];
  return [gold, answer];
}

/** Choices; and numbers of digits alone, about which nothing can be in doubt. */
function compareAtOnce(
  wanted: FoundAnswer,
  given: FoundAnswer,
): [equal: boolean, decidedBy: string, details: readonly string[]] | undefined {
  if (wanted.isChoice && given.isChoice) {
    const equal = wanted.text === given.text;
    return [equal, 'choice', [`choice ${given.text} ${equal ? '=' : '≠'} ${wanted.text}`]];
  }
  const isExact = EXACT.test(wanted.text) && EXACT.test(given.text);
  if (!isExact && ![wanted, given].every(({ text }) => EXACT.test(text) || DECIMAL.test(text))) {
    return undefined;
  }
  const [left, right] = [given, wanted].map(({ text }) => parseNumber(normaliseNumberText(text)));
  if (left === undefined || right === undefined) return undefined;
  const equal = sameRational(left, right);
  if (!equal && !isExact) return undefined;
  const sides = [left, right].map((value) => excerpt(formatRational(value)));
  return [equal, 'number', [`as exact fractions ${sides.join(equal ? ' = ' : ' ≠ ')}`]];
}
