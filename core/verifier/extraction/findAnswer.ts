import type { ExtractionTarget, VerifierOptions } from '../verifierOptions.ts';
import { answerBoxes, findBoxes, type Box } from './boxes.ts';
import { choiceFinder, type ChoiceFinder } from './choices.ts';
import { cleanAnswer, saysNothing } from './clean.ts';
import { lastQuantity } from './numbers.ts';
import { findPhrases, type Phrase } from './phrases.ts';
import {
  bareFormula,
  bareWords,
  conclusion,
  joinAnswers,
  lastBold,
  lastMaths,
  phraseStatement,
  trailingFormula,
  type Statement,
} from './statements.ts';
import { suffixAt } from './words.ts';

/** Where an answer was found. */
export type AnswerSource =
  | 'box'
  | 'boxes'
  | 'final answer'
  | 'answer:'
  | 'answer is'
  | 'marker'
  | 'conclusion'
  | 'maths'
  | 'formula'
  | 'bold'
  | 'number'
  | 'words'
  | 'choice'
  | 'reference';

/** An answer found in a text: the part of it from `start` to `end`. */
export interface FoundAnswer {
  /** Cleaned of what surrounds an answer; a list is joined by " \text{ and } ". */
  readonly text: string;
  readonly source: AnswerSource;
  readonly start: number;
  readonly end: number;
  /** Whether it is one of the listed choices, as it is listed. */
  readonly isChoice: boolean;
  /** Whether it is in a thought that no answer follows. */
  readonly isThought: boolean;
}

/** A place where an answer may be: `rank` says how firmly it states one, the lowest first; of equals the last in the text counts. */
interface Candidate {
  readonly rank: number;
  readonly source: AnswerSource;
  readonly statement: Statement;
  readonly isChoice: boolean;
}

/** A part of a completion in which an answer is looked for. */
interface Scope {
  readonly text: string;
  readonly offset: number;
  readonly isThought: boolean;
}

const THOUGHT_START = '<think>';
const THOUGHT_END = '</think>';
const RANKS = { closing: 0, 'final answer': 50, 'answer:': 100, marker: 100, 'answer is': 200 } as const;
const LEADING = 250;
const CONCLUSION = 290;
const MATHS = 300;
const FORMULA = 305;
const BOLD = 310;
const TAIL = 315;
const NUMBER = 320;
const VARIABLE = 340;
const WORDS = 350;
/** Math-Verify's own reading of LaTeX, where malformed operators are not to be understood. */
const MALFORMED = /\\[dtc]?frac\s*\d|\\[dtc]?frac\s*\{[^{}]*\}\s*\d|\\sqrt\s*\d|sqrt\s*\(|\^\s?\(/u;

/** The answer that a completion states, undefined where it states none. Takes time linear in the length. */
export function findAnswer(completion: string, options: VerifierOptions): FoundAnswer | undefined {
  for (const scope of scopesOf(completion, options.thoughts)) {
    const found = findInScope(scope, options);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What comes after the last thought, then the thoughts. */
function scopesOf(completion: string, thoughts: boolean): readonly Scope[] {
  const end = thoughts ? completion.lastIndexOf(THOUGHT_END) : -1;
  if (end >= 0) {
    const offset = end + THOUGHT_END.length;
    return [
      { text: completion.slice(offset), offset, isThought: false },
      { text: completion.slice(0, end), offset: 0, isThought: true },
    ];
  }
  return [{ text: completion, offset: 0, isThought: thoughts && completion.includes(THOUGHT_START) }];
}

function findInScope(scope: Scope, options: VerifierOptions): FoundAnswer | undefined {
  const boxes = findBoxes(scope.text);
  for (const group of candidateGroups(scope, boxes, options)) {
    const ordered = group().toSorted((left, right) => right.statement.end - left.statement.end);
    for (const candidate of ordered) {
      const found = accept(candidate, scope, options);
      if (found !== undefined) return found;
      if (options.extraction_mode === 'first_match') return undefined;
    }
  }
  return undefined;
}

function accept(candidate: Candidate, scope: Scope, options: VerifierOptions): FoundAnswer | undefined {
  const { statement, source, isChoice } = candidate;
  const text = isChoice ? statement.text : cleanAnswer(statement.text);
  if (saysNothing(text) || (!isChoice && !isReadable(text, options))) return undefined;
  const [start, end] = [statement.start + scope.offset, statement.end + scope.offset];
  return { text, source, start, end, isChoice, isThought: scope.isThought };
}

function isReadable(text: string, options: VerifierOptions): boolean {
  const isLenient = options.extraction.some(
    (target) => target.type === 'latex' && target.normalization?.malformed_operators !== false,
  );
  const isStrict = options.extraction.some(
    (target) => target.type === 'latex' && target.normalization?.malformed_operators === false,
  );
  return isLenient || !isStrict || options.fallback_mode === 'first_match' || !MALFORMED.test(text);
}

/** Groups of candidates by rank, each made when it is asked for. */
function candidateGroups(
  scope: Scope,
  boxes: readonly Box[],
  options: VerifierOptions,
): readonly (() => readonly Candidate[])[] {
  const { text } = scope;
  const ranks = new Map<number, (() => readonly Candidate[])[]>();
  const add = (rank: number, make: () => readonly Candidate[]): void => {
    ranks.set(rank, [...(ranks.get(rank) ?? []), make]);
  };
  const one = (rank: number, source: AnswerSource, make: () => Statement | undefined): void => {
    add(rank, () => {
      const statement = make();
      return statement === undefined ? [] : [{ rank, source, statement, isChoice: false }];
    });
  };
  const stated = answerBoxes(text, boxes, 'joined');
  // Who leaves the box empty or open, or says what the answer is not, has not given an answer by the way.
  const hasFailed = readsBoxes(options) && stated.length === 0 && /\\(?:boxed|fbox)(?![a-z])/u.test(text);
  const isOpen = (target: ExtractionTarget): boolean =>
    target.try_extract_without_anchor && !hasFailed && !scope.isThought;
  const wants = {
    latex: options.extraction.some(({ type }) => type === 'latex'),
    expr: options.extraction.some(({ type }) => type === 'expr'),
  };
  const phrases = scope.isThought ? [] : findPhrases(text);
  for (const target of options.extraction) {
    if (target.type === 'latex') {
      if (target.boxed_match_priority >= 0) {
        add(target.boxed_match_priority, () => boxCandidates(text, answerBoxes(text, boxes, target.boxes)));
      }
      if (isOpen(target)) {
        one(MATHS, 'maths', () => lastMaths(text));
        one(VARIABLE, 'maths', () => lastMaths(text, 'only'));
      }
    } else if (target.type === 'expr') {
      if (isOpen(target)) {
        one(CONCLUSION, 'conclusion', () => conclusion(text));
        one(FORMULA, 'formula', () => bareFormula(text));
        one(BOLD, 'bold', () => lastBold(text));
        one(TAIL, 'formula', () => trailingFormula(text));
        one(WORDS, 'words', () => bareWords(text));
        one(NUMBER, 'number', () => lastQuantity(text));
      }
    } else {
      addChoices(add, target, scope, phrases, stated, isOpen(target));
    }
  }
  if (wants.latex || wants.expr) {
    for (const rank of new Set(phrases.map(rankOf))) {
      add(rank, () => announced(text, phrases, rank, wants, options));
    }
  }
  return [...ranks.entries()]
    .toSorted(([left], [right]) => left - right)
    .map(
      ([, makers]) =>
        () =>
          makers.flatMap((make) => make()),
    );
}

function boxCandidates(text: string, boxes: readonly Box[]): readonly Candidate[] {
  const [first, last] = [boxes[0], boxes.at(-1)];
  if (first === undefined || last === undefined) return [];
  const suffix = suffixAt(text, last.to);
  const contents = boxes.map((box) => cleanAnswer(text.slice(box.start, box.end)));
  const statement = {
    text: joinAnswers(contents) + (suffix?.text ?? ''),
    start: first.from,
    end: suffix?.end ?? last.to,
  };
  return [{ rank: 0, source: boxes.length > 1 ? 'boxes' : 'box', statement, isChoice: false }];
}

function readsBoxes(options: VerifierOptions): boolean {
  return options.extraction.some((target) => target.type === 'latex' && target.boxed_match_priority >= 0);
}

function rankOf(phrase: Phrase): number {
  return phrase.isClosing ? RANKS.closing : RANKS[phrase.announcement];
}

/** The last phrase of a rank that states something. */
function announced(
  text: string,
  phrases: readonly Phrase[],
  rank: number,
  wants: { latex: boolean; expr: boolean },
  options: VerifierOptions,
): readonly Candidate[] {
  const withBoxes = readsBoxes(options);
  for (const phrase of phrases) {
    if (rankOf(phrase) !== rank) continue;
    const whole = text.slice(phrase.start, phrase.end);
    const box = withBoxes ? whole.search(/\\(?:boxed|fbox)/u) : -1;
    const stated = phraseStatement(box < 0 ? whole : whole.slice(0, box), wants);
    if (stated === undefined || (box >= 0 && !/\d/u.test(stated.text))) continue;
    const statement = { ...stated, start: phrase.start + stated.start, end: phrase.start + stated.end };
    return [{ rank, source: phrase.announcement, statement, isChoice: false }];
  }
  return [];
}

function addChoices(
  add: (rank: number, make: () => readonly Candidate[]) => void,
  target: Extract<ExtractionTarget, { type: 'string' }>,
  { text }: Scope,
  phrases: readonly Phrase[],
  boxes: readonly Box[],
  isOpen: boolean,
): void {
  const finder = choiceFinder(target.strings, target.lowercase);
  const offer = (rank: number, offset: number, found: ReturnType<ChoiceFinder['last']>): readonly Candidate[] => {
    if (found === undefined) return [];
    const statement = { text: found.choice, start: offset + found.start, end: offset + found.end };
    return [{ rank, source: 'choice', statement, isChoice: true }];
  };
  const box = boxes.length === 1 ? boxes[0] : undefined;
  if (box !== undefined) {
    add(RANKS['final answer'], () =>
      offer(RANKS['final answer'], box.start, finder.first(text.slice(box.start, box.end))),
    );
  }
  for (const rank of new Set(phrases.map(rankOf))) {
    add(rank, () => {
      for (const phrase of phrases) {
        const found = rankOf(phrase) === rank ? finder.first(text.slice(phrase.start, phrase.end)) : undefined;
        if (found !== undefined) return offer(rank, phrase.start, found);
      }
      return [];
    });
  }
  if (isOpen) {
    add(LEADING, () => offer(LEADING, 0, finder.leading(text)));
    add(MATHS, () => offer(MATHS, 0, finder.last(text)));
  }
}
