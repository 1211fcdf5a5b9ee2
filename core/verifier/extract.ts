import { findBoxes } from './extraction/boxes.ts';
import { lastNumber } from './extraction/numbers.ts';

/** Where an answer may be looked for: the last `\boxed{}`, or the last number. */
export const extractionKinds = ['boxed', 'last_number'] as const;

/** One of `extractionKinds`. */
export type ExtractionKind = (typeof extractionKinds)[number];

/** What a completion answers, as it stands there. */
export interface ExtractedAnswer {
  readonly text: string;
  readonly kind: ExtractionKind;
}

const THOUGHT_START = '<think>';
const THOUGHT_END = '</think>';

/**
 * The answer of a completion by the first of `kinds` that finds one. Where thoughts end with `</think>`, only what comes after
 * the last one counts; in a thought that never ends no number is taken for the answer. Takes time linear in the length.
 */
export function extractAnswer(completion: string, kinds: readonly ExtractionKind[]): ExtractedAnswer | undefined {
  const end = completion.lastIndexOf(THOUGHT_END);
  const stated = end < 0 ? completion : completion.slice(end + THOUGHT_END.length);
  for (const kind of kinds) {
    const text = kind === 'boxed' ? lastBox(stated) : numberAfterThoughts(stated);
    if (text !== undefined) {
      return { text, kind };
    }
  }
  return undefined;
}

/** The content of the last `\boxed{...}` (or `\fbox{...}`, or `\boxed 7`) whose braces balance; of nested ones the innermost. */
export function lastBox(text: string): string | undefined {
  const box = findBoxes(text).at(-1);
  return box && text.slice(box.start, box.end);
}

function numberAfterThoughts(text: string): string | undefined {
  const number = text.includes(THOUGHT_START) ? undefined : lastNumber(text);
  return number && text.slice(number.start, number.end);
}
