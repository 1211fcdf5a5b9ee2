import { excerpt } from './excerpt.ts';
import { extractAnswer, lastBox, type ExtractedAnswer, type ExtractionKind } from './extract.ts';
import { longestNumber, normaliseNumberText, parseNumber } from './parseNumber.ts';
import { formatRational, sameRational, type Rational } from './rational.ts';

/** How answers are looked for. */
export interface VerifierOptions {
  /** Tried in this order; the first that finds something gives the answer. */
  readonly extraction: readonly ExtractionKind[];
}

/** Whether a completion's answer is the reference. */
export interface Verdict {
  /** undefined: the reference cannot be used, so nothing can be said. */
  readonly equal: boolean | undefined;
  readonly extracted: ExtractedAnswer | undefined;
  /** What was extracted and which comparison decided. */
  readonly trace: string;
}

/** A statement such as `5` or `x = 5`, taken apart. */
interface Statement {
  readonly variable: string | undefined;
  readonly text: string;
  readonly number: Rational | undefined;
}

const KIND_NAMES: Readonly<Record<ExtractionKind, string>> = { boxed: 'last \\boxed{}', last_number: 'last number' };
const ASSIGNMENT = /^([a-z])=/iu;

/**
 * Is this completion's answer equal to the reference? Numbers are compared exactly as fractions: 0.5 is 1/2, 0.333 is not 1/3;
 * `x = 5` is `5`, but not `y = 5`. Never throws, and takes time linear in the completion's length: numbers of more than
 * `longestNumber` characters are compared as texts.
 */
export function verifyAnswer(completion: string, reference: string, options: VerifierOptions): Verdict {
  const extracted = extractAnswer(completion, options.extraction);
  const wanted = readStatement(lastBox(reference) ?? reference);
  if (wanted.number === undefined && !isLongInteger(wanted.text)) {
    return { equal: undefined, extracted, trace: `the reference ${excerpt(reference)} is no number: sample masked` };
  }
  if (extracted === undefined) {
    const places = options.extraction.map((kind) => KIND_NAMES[kind]).join(', ');
    return { equal: false, extracted, trace: `no answer found (looked for: ${places})` };
  }
  const [equal, reason] = compare(readStatement(extracted.text), wanted);
  return { equal, extracted, trace: `${excerpt(extracted.text)} (${KIND_NAMES[extracted.kind]}): ${reason}` };
}

function readStatement(text: string): Statement {
  const plain = normaliseNumberText(text);
  const variable = ASSIGNMENT.exec(plain)?.[1];
  const value = variable === undefined ? plain : normaliseNumberText(plain.slice(2));
  return { variable, text: value, number: parseNumber(value) };
}

function compare(answer: Statement, wanted: Statement): [equal: boolean, reason: string] {
  if (answer.variable !== undefined && wanted.variable !== undefined && answer.variable !== wanted.variable) {
    return [false, `says something of ${answer.variable}, not of ${wanted.variable}`];
  }
  if (answer.text === wanted.text) {
    return [true, `same text as the reference, ${excerpt(wanted.text)}`];
  }
  if (answer.text.length > longestNumber || wanted.number === undefined) {
    return [false, `more than ${longestNumber} characters on one side, so compared as texts, which differ`];
  }
  if (answer.number === undefined) {
    return [false, `not a number; wanted ${excerpt(wanted.text)}`];
  }
  const equal = sameRational(answer.number, wanted.number);
  const sides = [answer.number, wanted.number].map((value) => excerpt(formatRational(value)));
  return [equal, `as exact fractions ${sides.join(equal ? ' = ' : ' ≠ ')}`];
}

function isLongInteger(text: string): boolean {
  return text.length > longestNumber && /^-?\d+$/u.test(text);
}
