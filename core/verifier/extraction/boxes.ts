import { saysNothing } from './clean.ts';
import { isJoiner, isNear } from './joiners.ts';
import type { Span } from './span.ts';

/** A `\boxed{...}`, `\fbox{...}` or `\boxed 7`: its content, and where the command begins and ends. */
export interface Box extends Span {
  readonly from: number;
  readonly to: number;
}

/** How boxes that follow each other are read: `joined` by commas, "and", "or" they are one list; `near`, as Math-Verify takes them. */
export type BoxReading = 'joined' | 'near';

/** A longer list is no answer any more; what comes before is left out. */
export const LONGEST_LIST = 64;
const BOX_COMMANDS = ['boxed', 'fbox'];
/** What comes before a box and says that its content is not the answer. */
const DENIAL = /\bnot\s*(?:\$|\\\(|\\\[|:)?\s*$/iu;
const DENIAL_LENGTH = 16;

/**
 * All boxes whose braces balance, in order; of nested ones the innermost. One pass with a stack, so that a million open braces cost
 * no more than a million letters. With `unclosed`, a last box that never ends reaches to the end of the text.
 */
export function findBoxes(text: string, { unclosed = false } = {}): readonly Box[] {
  const open: (Omit<Box, 'end' | 'to'> | undefined)[] = [];
  const boxes: Box[] = [];
  let index = 0;
  while (index < text.length) {
    const character = text[index];
    index++;
    if (character === '\\') {
      const box = boxArgument(text, index);
      const from = text[index - 2] === '\\' ? index - 2 : index - 1;
      if (box === undefined) {
        index += isEscapedBackslash(text, index) ? 0 : 1;
      } else if (box.braced) {
        open.push({ from, start: box.start });
        index = box.start;
      } else {
        boxes.push({ from, start: box.start, end: box.end, to: box.end });
        index = box.end;
      }
    } else if (character === '{') {
      open.push(undefined);
    } else if (character === '}') {
      const box = open.pop();
      if (box !== undefined && box.start > (boxes.at(-1)?.start ?? -1)) {
        boxes.push({ ...box, end: index - 1, to: index });
      }
    }
  }
  const last = unclosed ? open.findLast((box) => box !== undefined) : undefined;
  if (last !== undefined && last.start > (boxes.at(-1)?.start ?? -1)) {
    boxes.push({ ...last, end: text.length, to: text.length });
  }
  return boxes;
}

/**
 * The boxes that state the answer: the last one with content, and those before it that it is joined with. Boxes after "not" state what
 * the answer is not.
 */
export function answerBoxes(text: string, boxes: readonly Box[], reading: BoxReading): readonly Box[] {
  const chosen: Box[] = [];
  for (let index = boxes.length - 1; index >= 0 && chosen.length < LONGEST_LIST; index--) {
    const box = boxes[index];
    const next = chosen.at(-1);
    if (box === undefined || saysNothing(text.slice(box.start, box.end))) continue;
    if (next === undefined) {
      if (!isDenied(text, box)) chosen.push(box);
      continue;
    }
    const gap = text.slice(box.to, next.from);
    const same = text.slice(box.start, box.end).trim() === text.slice(next.start, next.end).trim();
    if (!(reading === 'joined' ? isJoiner(gap) : isNear(gap, same)) || isDenied(text, box)) break;
    chosen.push(box);
  }
  return chosen.reverse();
}

function isDenied(text: string, box: Box): boolean {
  return DENIAL.test(text.slice(Math.max(0, box.from - DENIAL_LENGTH), box.from));
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
