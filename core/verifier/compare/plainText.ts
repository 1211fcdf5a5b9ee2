const WRAPPERS =
  /\\(?:text|textbf|textit|textrm|textnormal|textsf|texttt|textup|emph|mbox|hbox|mathrm|operatorname)\s*\{([^{}]*)\}/gu;
/** Bare letters that are names of mathematics, not prose. */
const NAMES =
  /^(?:infinity|infty|inf|pi|theta|alpha|beta|gamma|lambda|phi|sigma|omega|sin|cos|tan|log|sqrt|undefined)$/iu;
const SHORT_WORDS = /^(?:yes|no|odd|even|true|none|both|all|red|blue|tie|dne)$/iu;
const CHOICE = /^\(?([A-Z])(?:\)|\.)?$/u;
const CHOICE_WITH_VALUE = /^(?:\(([A-Z])\)|([A-Z])[).:])\s*(\S.*)$/u;
const SEVERAL_CHOICES = /\([A-Z]\)|\b(?:or|and)\b/u;
const CLOCK = /^(\d{1,2}:\d{2}(?::\d{2})?)\s*([ap])\.?\s?m\.?$/iu;

/** A normalised text without text commands around its words, and with blanks only where they separate. */
export function plainTextOf(normalised: string): string {
  return normalised
    .replace(WRAPPERS, ' $1 ')
    .replace(/\s+/gu, ' ')
    .replace(/(?<![\p{L}\d.,]) | (?![\p{L}\d.(])/gu, '')
    .trim();
}

/** The words of a text that is prose, in lower case and without article; undefined for mathematics. */
export function proseOf(normalised: string, plain: string): string | undefined {
  if (!/^\p{L}[\p{L}\s'’.,!?-]*$/u.test(plain) || NAMES.test(plain)) {
    return undefined;
  }
  const words = plain
    .toLowerCase()
    .replace(/[.,!?]/gu, '')
    .split(/\s+/u);
  const isMarked = normalised.includes('\\') && plain.length > 1;
  const isProse = isMarked || words.length > 1 || plain.length > 3 || SHORT_WORDS.test(plain);
  const hasWord = words.some((word) => word.length > 2 && word !== 'and') || SHORT_WORDS.test(plain);
  return isProse && hasWord ? words.join(' ').replace(/^(?:the|a|an) /u, '') : undefined;
}

/** A choice among given answers: its letter, and the value that may be written with it. */
export interface Choice {
  readonly letter: string;
  readonly value: string | undefined;
}

/** `C`, `(C)`, `(B) 17`; undefined for anything else, also for several letters. */
export function choiceOf(plain: string): Choice | undefined {
  const alone = CHOICE.exec(plain)?.[1];
  if (alone !== undefined) {
    return { letter: alone, value: undefined };
  }
  const [, bracketed, marked, value] = CHOICE_WITH_VALUE.exec(plain) ?? [];
  const letter = bracketed ?? marked;
  return letter === undefined || value === undefined || SEVERAL_CHOICES.test(value) ? undefined : { letter, value };
}

/** A time of the day with its half: `3:15 PM`. */
export function clockOf(plain: string): { readonly time: string; readonly half: string } | undefined {
  const [, time, half] = CLOCK.exec(plain) ?? [];
  return time === undefined || half === undefined ? undefined : { time, half: half.toLowerCase() };
}
