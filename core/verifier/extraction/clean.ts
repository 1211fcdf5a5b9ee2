const NAMES =
  'frac|dfrac|tfrac|cfrac|sqrt|left|right|text|textbf|mathrm|boxed|fbox|pi|cdot|times|in|le|leq|ge|geq|ne|neq|pm|mp|infty|cup|cap|' +
  'begin|end|sin|cos|tan|log|ln|quad|qquad|circ|approx|overline|mathbb|emptyset|theta|alpha|beta|div|lt|gt|binom|sum|int';
const DOUBLED = new RegExp(`(?<!\\\\)\\\\\\\\(?=(?:${NAMES})(?![a-z]))`, 'gu');
const DELIMITERS = /(?<!\\)\$|(?<!\\)\\[()[\]](?!\s*\d{0,3}(?:\.\d+)?(?:pt|em|ex|cm|mm)\])/gu;
const LEADING_PROSE =
  /^\s*\\(?:text|textbf|textrm|mbox|mathrm)\s*\{[^{}]{0,200}(?:\b(?:is|are|equals|be)\s*:?|:)\s*\}(?:\s|\\[,;: ]|~|:)*/u;
const ANNOUNCED = /^\s*(?:the\s+)?(?:final\s+)?answer\s*(?:is\b|[:=])\s*:?\s*/iu;
const GLUED = /(?<![a-zA-Z\\])(and|or)(?=[a-zA-Z]\s*[(=])/gu;
const COMMA = /\{\s?,\s?\}/gu;
const STRAY_DOLLAR = /\\\$(?!\s*[\d.])/gu;
const PERCENT = /(?<=\d\s{0,3})(?:percent(?:age)?|pct)(?![a-z])/giu;
const LETTER_TIMES = /(?<=\d)\s?x\s?(?=10\s?\^)/gu;
const ENDS = new Set(['.', ',', ';', ':', '*', '"', ' ', '\n', '\t', '\r']);

/**
 * An extracted text without what surrounds an answer: delimiters of maths, backslashes that were escaped once too often, words such as
 * "the answer is", asterisks, and the punctuation that ends a sentence. Takes time linear in the length.
 */
export function cleanAnswer(text: string): string {
  const plain = text
    .replace(DOUBLED, '\\')
    .replace(DELIMITERS, ' ')
    .replace(STRAY_DOLLAR, ' ')
    .replace(LETTER_TIMES, String.raw`\times `)
    .replace(PERCENT, String.raw`\%`)
    .replace(LEADING_PROSE, '')
    .replace(ANNOUNCED, '')
    .replace(GLUED, ' $1 ')
    .replace(COMMA, '{,}');
  let end = plain.length;
  for (;;) {
    const character = plain[end - 1] ?? '';
    if (ENDS.has(character) && !isEscaped(plain, end - 1)) end--;
    else if (plain.endsWith('\\\\', end)) end -= 2;
    else break;
  }
  let start = 0;
  while (start < end && ENDS.has(plain[start] ?? '') && !isDecimalPoint(plain, start)) start++;
  return plain.slice(start, end);
}

/** `\,` and `\;` are spaces, not punctuation. */
function isEscaped(text: string, index: number): boolean {
  return text[index - 1] === '\\' && text[index - 2] !== '\\';
}

function isDecimalPoint(text: string, index: number): boolean {
  return text[index] === '.' && /\d/u.test(text[index + 1] ?? '');
}

const LAYOUT =
  /\\(?:ldots|dots|cdots|quad|qquad|displaystyle|left|right|text|textbf|textit|textrm|textnormal|mathrm|mathbf|mbox|boxed|fbox)(?![a-z])/gu;

/** Whether a text says nothing that could be an answer: no letter, digit, or sign of maths. */
export function saysNothing(text: string): boolean {
  return !/[\p{L}\p{N}∅∞]/u.test(text.replace(LAYOUT, ' '));
}
