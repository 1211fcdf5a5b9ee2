/** Answers further apart than this are never one list. */
const FARTHEST = 70;
const NEAR = 10;
const WRAPPED = /\\(?:text|textbf|textit|textrm|textnormal|mathrm|mbox)\s*\{([^{}]*)\}/gu;
const LAYOUT = /\\[()[\],;:! ]|\\q?quad(?![a-zA-Z])|\\\\|[$~]/gu;
/** The name of what follows, as `y_2 =`. */
const NAME = /(?<![a-zA-Z])[a-zA-Z](?:_(?:\w|\{\w{1,5}\}))?\s*=/gu;
const WORDS = /(?<![a-zA-Z])(?:and|or)(?![a-zA-Z])/giu;
const SIGNS = /^[\s,;&+]*$/u;
const SEPARATOR = /\b(?:and|or)\b|[,;]/u;

/** What is counted, as in "2 papers and 3 bins": at most four words before the last "and". */
const COUNTED = /^((?:\s*[\p{L}()]+){1,4})\s+and\s*$/iu;
/** Words of sentences that take back or go on rather than list. */
const SENTENCE = new RegExp(
  `\\b(?:${[
    'is|are|was|be|no|not|nope|wait|actually|but|wrong|incorrect|correct|should',
    'instead|rather|so|then|therefore|thus|hence|which|mistake|sorry|check|gets?|gives?|we|i|it|that',
  ].join('|')})\\b`,
  'iu',
);

/**
 * Whether what stands between two answers makes them a list: nothing, commas, "and", "or", the name of the second (`y =`), or what is
 * counted by the first and "and".
 */
export function isJoiner(gap: string): boolean {
  if (gap.length > FARTHEST) return false;
  const plain = gap.replace(WRAPPED, ' $1 ').replace(LAYOUT, ' ').replace(NAME, ' ');
  const counted = COUNTED.exec(plain)?.[1];
  return SIGNS.test(plain.replace(WORDS, ',')) || (counted !== undefined && !SENTENCE.test(counted));
}

/** Whether a list is really separated, not only put side by side. */
export function hasSeparator(gap: string): boolean {
  return isJoiner(gap) && SEPARATOR.test(gap);
}

/** How Math-Verify decides: boxes little apart, or with a separator anywhere between two different ones, are one set. */
export function isNear(gap: string, same: boolean): boolean {
  return gap.length < NEAR || (!same && gap.length < FARTHEST && SEPARATOR.test(gap));
}
