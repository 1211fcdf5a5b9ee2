import type { VerifierOptions } from '../verifierOptions.ts';
import { answerBoxes, findBoxes } from './boxes.ts';
import { cleanAnswer, saysNothing } from './clean.ts';
import { findAnswer, type FoundAnswer } from './findAnswer.ts';
import { findPhrases } from './phrases.ts';
import { isFormula, suffixAt } from './words.ts';
import { joinAnswers, lastMaths } from './statements.ts';

const TEXT_COMMAND = /\\(?:text|textbf|textit|textrm|textnormal|mathrm|mbox)\s*\{/u;

/**
 * The answer that a reference holds, with or without delimiters, box or solution around it. undefined where it cannot be used: it is
 * empty, or holds plain words alone, which say nothing without `\text{}`, dollars or a list of choices.
 */
export function findReference(reference: string, options: VerifierOptions): FoundAnswer | undefined {
  const choice = findChoice(reference, options);
  if (choice !== undefined) return choice;
  if (!options.extraction.some(({ type }) => type === 'latex' || type === 'expr')) return undefined;
  const boxed = findBoxed(reference);
  if (boxed !== undefined) return boxed;
  if (findPhrases(reference).length > 0) {
    const stated = findAnswer(reference, anyPlace(options));
    if (stated !== undefined) return stated;
  }
  return (
    findMathsOf(reference) ?? (isWord(reference) ? undefined : (findBare(reference) ?? findInProse(reference, options)))
  );
}

function make(text: string, source: FoundAnswer['source'], start: number, end: number): FoundAnswer | undefined {
  const cleaned = cleanAnswer(text);
  if (saysNothing(cleaned)) return undefined;
  return { text: cleaned, source, start, end, isChoice: false, isThought: false };
}

function findChoice(reference: string, options: VerifierOptions): FoundAnswer | undefined {
  const targets = options.extraction.filter((target) => target.type === 'string');
  if (targets.length === 0) return undefined;
  const bare = cleanAnswer(reference)
    .replace(/\\(?:text|textbf|textit|mathrm|mbox|boxed|fbox)\s*\{([^{}]*)\}/gu, '$1')
    .replace(/^[\s([]+|[\s)\].]+$/gu, '');
  for (const { strings, lowercase } of targets) {
    const key = (text: string): string => (lowercase ? text.toLowerCase() : text);
    const choice = strings.find((each) => key(each) === key(bare) || key(each) === key(reference.trim()));
    if (choice !== undefined) {
      return { text: choice, source: 'choice', start: 0, end: reference.length, isChoice: true, isThought: false };
    }
  }
  const stated = findAnswer(reference, { ...options, extraction: targets });
  return stated;
}

function findBoxed(reference: string): FoundAnswer | undefined {
  const boxes = answerBoxes(reference, findBoxes(reference, { unclosed: true }), 'joined');
  const [first, last] = [boxes[0], boxes.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const suffix = suffixAt(reference, last.to);
  const contents = boxes.map((box) => cleanAnswer(reference.slice(box.start, box.end)));
  const text = joinAnswers(contents) + (suffix?.text ?? '');
  return make(text, boxes.length > 1 ? 'boxes' : 'box', first.from, suffix?.end ?? last.to);
}

/** Delimited maths: the whole reference where one pair of delimiters holds it, else the last. */
function findMathsOf(reference: string): FoundAnswer | undefined {
  const found = lastMaths(reference) ?? lastMaths(reference, 'only');
  return found && make(found.text, 'maths', found.start, found.end);
}

/** A reference without delimiters: a formula, or LaTeX. Plain words are not usable. */
function findBare(reference: string): FoundAnswer | undefined {
  const isUsable = isFormula(reference) || TEXT_COMMAND.test(reference) || /\\[a-zA-Z]/u.test(reference);
  if (!isUsable) return undefined;
  return make(reference, 'reference', 0, reference.length);
}

function isWord(text: string): boolean {
  return /^\s*n\/a\s*$/iu.test(text) || (/^[\s\p{L}.,;:!?'"()-]*$/u.test(text) && !/[(=]\s*\p{L}+\s*[,)]/u.test(text));
}

function findInProse(reference: string, options: VerifierOptions): FoundAnswer | undefined {
  const stated = findAnswer(reference, anyPlace(options));
  return stated?.source === 'answer is' && !/\d/u.test(stated.text) ? undefined : stated;
}

function anyPlace(options: VerifierOptions): VerifierOptions {
  return { ...options, extraction: [latexAnywhere, { type: 'expr', try_extract_without_anchor: true }] };
}

const latexAnywhere = {
  type: 'latex',
  boxed_match_priority: 0,
  boxes: 'joined',
  try_extract_without_anchor: true,
} as const;
