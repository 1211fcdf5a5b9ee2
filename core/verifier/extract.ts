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
const BOX_COMMANDS = ['boxed', 'fbox'];
const NUMBER =
  /\\[dt]?frac\{-?\d+\}\{-?\d+\}|(?:(?<![\w.)\]}])[-−])?(?:\d+(?:,\d+)*(?:\.\d+)?|\.\d+)(?:e[+-]?\d{1,5}|\/\d+(?:\.\d+)?)?/gu;
const GROUPED = /^[-−]?\d{1,3}(?:,\d{3})*(?![\d,])/u;

/**
 * The answer of a completion by the first of `kinds` that finds one. Where thoughts end with `</think>`, only what comes after
 * the last one counts; in a thought that never ends no number is taken for the answer. Takes time linear in the length.
 */
export function extractAnswer(completion: string, kinds: readonly ExtractionKind[]): ExtractedAnswer | undefined {
  const end = completion.lastIndexOf(THOUGHT_END);
  const stated = end < 0 ? completion : completion.slice(end + THOUGHT_END.length);
  for (const kind of kinds) {
    const text = kind === 'boxed' ? lastBox(stated) : lastNumber(stated);
    if (text !== undefined) {
      return { text, kind };
    }
  }
  return undefined;
}

/**
 * The content of the last `\boxed{...}` (or `\fbox{...}`, or `\boxed 7`) whose braces balance; of nested ones the innermost.
 * One pass over the text with a stack, so that a million open braces cost no more than a million letters.
 */
export function lastBox(text: string): string | undefined {
  const openBraces: (number | undefined)[] = [];
  let found: { start: number; end: number } | undefined;
  let index = 0;
  while (index < text.length) {
    const character = text[index];
    index++;
    if (character === '\\') {
      const box = boxArgument(text, index);
      if (box === undefined) {
        index += isEscapedBackslash(text, index) ? 0 : 1;
      } else if (box.braced) {
        openBraces.push(box.start);
        index = box.start;
      } else {
        found = box;
        index = box.end;
      }
    } else if (character === '{') {
      openBraces.push(undefined);
    } else if (character === '}') {
      const start = openBraces.pop();
      if (start !== undefined && start >= (found?.start ?? 0)) {
        found = { start, end: index - 1 };
      }
    }
  }
  return found && text.slice(found.start, found.end);
}

/** The argument of a box command whose name begins at `index`: after its opening brace, or the word that follows a blank. */
function boxArgument(text: string, index: number): { start: number; end: number; braced: boolean } | undefined {
  const command = BOX_COMMANDS.find((name) => text.startsWith(name, index));
  if (command === undefined) {
    return undefined;
  }
  let start = index + command.length;
  while (text[start] === ' ') {
    start++;
  }
  if (text[start] === '{') {
    return { start: start + 1, end: start + 1, braced: true };
  }
  let end = start;
  while (start > index + command.length && /[\w./-]/u.test(text[end] ?? '')) {
    end++;
  }
  return end > start ? { start, end, braced: false } : undefined;
}

/** Whether `\\boxed` stands here: a backslash that was escaped once too often. */
function isEscapedBackslash(text: string, index: number): boolean {
  return text[index] === '\\' && BOX_COMMANDS.some((name) => text.startsWith(name, index + 1));
}

/** The last number; in a list without blanks (`12,15`) the last of the list. */
function lastNumber(text: string): string | undefined {
  if (text.lastIndexOf(THOUGHT_START) > text.lastIndexOf(THOUGHT_END)) {
    return undefined;
  }
  let last: string | undefined;
  for (const match of text.matchAll(NUMBER)) {
    last = match[0];
  }
  return last === undefined || !last.includes(',') || GROUPED.test(last) ? last : last.slice(last.lastIndexOf(',') + 1);
}
