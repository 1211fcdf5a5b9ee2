import type { Span } from './span.ts';

/** How firmly a phrase announces the answer: "The final answer is ... I hope", "final answer", "answer:", "answer is", "####". */
export type Announcement = 'final answer' | 'answer:' | 'answer is' | 'marker';

/** What follows the words that announce an answer, up to the end of the sentence. */
export interface Phrase extends Span {
  readonly announcement: Announcement;
  /** Whether "I hope it is correct" follows, with which some models end an answer. */
  readonly isClosing: boolean;
}

const ANCHOR = /(?:\bfinal\s{1,4})?\banswers?\b|####/giu;
const LONGEST = 600;
/** From the anchor to the answer: "to the question is", ":", "=", a heading that ends with its line. */
const LEAD = new RegExp(
  [
    String.raw`^(?:\*\*|__|["'”])?\s{0,4}(?:`,
    String.raw`(?:[^.\n:$\\\d=]{0,100}?\b(?:is|are|was|be|equals|becomes)\b(?!\s+(?:not|never|unknown)\b)|(:)|(=))`,
    String.raw`|(?:\*\*|__)?\s{0,4}(?=\n))`,
    String.raw`(?:\s{0,4}(?:\*\*|__))?\s{0,8}:?\s{0,8}`,
  ].join(''),
  'iu',
);
const SENTENCE_END = /\n|[.!?](?=\s|$|["'*])/u;
const HOPE = /^["'*\s\\]{0,6}\.?["'*\s\\]{0,6}I hope/u;

/** All phrases that announce an answer, the last one first. Takes time linear in the length: a phrase ends where the next begins. */
export function findPhrases(text: string): readonly Phrase[] {
  const anchors = [...text.matchAll(ANCHOR)];
  const phrases: Phrase[] = [];
  for (let index = anchors.length - 1; index >= 0; index--) {
    const anchor = anchors[index];
    if (anchor === undefined) continue;
    const phrase = phraseAfter(text, anchor, anchors[index + 1]?.index ?? text.length);
    if (phrase !== undefined) phrases.push(phrase);
  }
  return phrases;
}

function phraseAfter(text: string, anchor: RegExpExecArray, limit: number): Phrase | undefined {
  const from = anchor.index + anchor[0].length;
  const rest = text.slice(from, Math.min(limit, from + LONGEST));
  if (text[from] === '>') return taggedPhrase(text, anchor.index, from + 1, limit);
  const isMarker = anchor[0] === '####';
  const lead = isMarker ? /^\s{0,4}/u.exec(rest) : LEAD.exec(rest);
  if (lead === null) return undefined;
  const body = rest.slice(lead[0].length);
  const blank = /^\s*/u.exec(body)?.[0].length ?? 0;
  const start = from + lead[0].length + blank;
  const length = sentenceLength(body.slice(blank));
  const runsIntoNext = start + length === limit && limit < text.length;
  if (length === 0 || (runsIntoNext && !/\d/u.test(body))) return undefined;
  const announcement = isMarker
    ? 'marker'
    : /^final/iu.test(anchor[0])
      ? 'final answer'
      : lead[1] === ':'
        ? 'answer:'
        : 'answer is';
  const end = start + length;
  return { announcement, start, end, isClosing: HOPE.test(text.slice(end, end + 30)) };
}

/** The content of `<answer>...</answer>`. */
function taggedPhrase(text: string, at: number, start: number, limit: number): Phrase | undefined {
  const end = text.slice(start, limit).lastIndexOf('</');
  if (text[at - 1] !== '<' || end < 0 || end > LONGEST) return undefined;
  return { announcement: 'answer:', start, end: start + end, isClosing: false };
}

/** Up to the end of the sentence or line; not inside `$..$`, `\[..\]` or braces, whose contents may hold full stops and breaks. */
function sentenceLength(body: string): number {
  const display = /^(?:\$\$|\\\[)/u.exec(body)?.[0];
  if (display !== undefined) {
    const end = body.indexOf(display === '$$' ? '$$' : '\\]', 2);
    if (end > 0) return end + 2;
  }
  const match = SENTENCE_END.exec(body);
  return match === null ? body.length : match.index;
}
