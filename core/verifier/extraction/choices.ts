import type { Span } from './span.ts';

/** A choice found in a text. */
export interface FoundChoice extends Span {
  /** As it is listed. */
  readonly choice: string;
}

const LONGEST_PHRASE = 200;
const BEFORE = String.raw`(?<![^\s*_([{"'$:=>])`;
const AFTER = String.raw`(?![^\s*_)\]}"'$.,:;!?<\\])`;

/** Finds the choices of a list in texts: whole words that may carry brackets, asterisks, dollars and punctuation. */
export interface ChoiceFinder {
  /** The last choice of a text. Letters such as A and I are no choices where they are words of a sentence. */
  readonly last: (text: string) => FoundChoice | undefined;
  /** The first choice of a phrase that announces the answer; letter case does not matter if `lowercase`. */
  readonly first: (text: string) => FoundChoice | undefined;
  /** The choice with which a text begins. */
  readonly leading: (text: string) => FoundChoice | undefined;
}

const ARTICLE = /^\s+[a-z]/u;
const NAMED = /\b(?:option|choice|answer|letter)\s*\(?$/iu;

/** Makes a finder for a list of choices. */
export function choiceFinder(strings: readonly string[], lowercase: boolean): ChoiceFinder {
  const listed = new Map(strings.map((each) => [lowercase ? each.toLowerCase() : each, each]));
  const alternatives = strings
    .toSorted((left, right) => right.length - left.length)
    .map((each) => each.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`))
    .join('|');
  const exact = new RegExp(`${BEFORE}(?:${alternatives})${AFTER}`, 'gu');
  const loose = lowercase ? new RegExp(exact.source, 'giu') : exact;
  const found = (match: RegExpMatchArray | undefined): FoundChoice | undefined => {
    if (match?.index === undefined) return undefined;
    const choice = listed.get(lowercase ? match[0].toLowerCase() : match[0]) ?? match[0];
    return { choice, start: match.index, end: match.index + match[0].length };
  };
  return {
    last: (text) => {
      let last: RegExpMatchArray | undefined;
      for (const match of text.matchAll(exact)) {
        if (!isArticle(text, match)) last = match;
      }
      return found(last);
    },
    first: (text) => {
      const phrase = text.slice(0, LONGEST_PHRASE);
      return found([...phrase.matchAll(exact)].find((match) => !isArticle(phrase, match)) ?? firstLoose(phrase, loose));
    },
    leading: (text) => {
      const match = [...text.slice(0, LONGEST_PHRASE).matchAll(exact)][0];
      if (match === undefined && text.length <= LONGEST_PHRASE) return found(firstLoose(text, loose));
      if (match === undefined || /[^\s*_([{"'$]/u.test(text.slice(0, match.index))) return undefined;
      return isArticle(text, match) ? undefined : found(match);
    },
  };
}

/** In small letters a choice counts only where nothing else stands in the phrase. */
function firstLoose(phrase: string, loose: RegExp): RegExpMatchArray | undefined {
  const match = [...phrase.matchAll(loose)][0];
  if (match === undefined) return undefined;
  const rest = phrase.slice(0, match.index) + phrase.slice(match.index + match[0].length);
  return /[\p{L}\p{N}]/u.test(rest.replace(/\\(?:text|textbf|mathrm|boxed)/gu, '')) ? undefined : match;
}

function isArticle(text: string, match: RegExpMatchArray): boolean {
  if (!/^[AI]$/u.test(match[0]) || match.index === undefined) return false;
  const end = match.index + match[0].length;
  return ARTICLE.test(text.slice(end, end + 10)) && !NAMED.test(text.slice(Math.max(0, match.index - 12), match.index));
}
