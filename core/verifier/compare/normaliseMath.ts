import { plainCharacters } from './plainCharacters.ts';

const RELATION_SIGNS: readonly (readonly [RegExp, string])[] = [
  [/!=|\/=|\\not\s*=/gu, '\\ne '],
  [/<=|=</gu, '\\le '],
  [/>=|=>/gu, '\\ge '],
  [/==/gu, '='],
  [/\*\*/gu, '^'],
];
const PRESENTATION: readonly (readonly [RegExp, string])[] = [
  [/\\q?quad/gu, ' '],
  // What sets apart thousands, and the decimal comma.
  [/,\s*\\!\s*/gu, ','],
  [/\{,\}(?=\d{3}(?!\d))/gu, ','],
  [/\{,\}/gu, '.'],
  [/(?<=\d)\s*\\,\s*(?=\d{3}(?!\d))/gu, '\u00a0'],
  [/\\(?:left|right|middle)\s*\.(?!\d)/gu, ' '],
  [/\\(?:left|right|middle|[bB]igg?[lrm]?)(?![A-Za-z])/gu, ''],
  [
    /\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits|enspace|thinspace|hfill|bf|rm|it|sf|tt|large|Large|normalsize)(?![A-Za-z])/gu,
    ' ',
  ],
  [/\\(?:hspace|vspace|phantom|hphantom|vphantom|label|tag)\*?\{[^{}]*\}/gu, ' '],
  [/\\(?:color|textcolor)\s*(?:\[[^[\]]*\])?\{[^{}]*\}/gu, ''],
  [
    /\\(?:boxed|fbox|underline|cancel|ensuremath|mathbf|boldsymbol|bm|pmb|mathit|mathsf|mathtt|mathcal|mathscr|mathstrut)(?![A-Za-z])/gu,
    '',
  ],
  [/(?<!\\)\\[,;:! >]|~/gu, ' '],
  [/(?<!\\)\\[()[\]]/gu, ' '],
];

/**
 * What is left of an extracted answer when everything is taken off that has no meaning: delimiters, spacing, styles, colours,
 * boxes, sizes of brackets; unicode becomes LaTeX. Takes time linear in the length.
 */
export function normaliseMath(text: string): string {
  let plain = plainCharacters(text);
  if (/\\\\(?:begin|\{)/u.test(plain) || !plain.includes('\\begin')) {
    // A backslash that was escaped once too often.
    plain = plain.replace(/\\\\(?=[A-Za-z{}%$,;!])/gu, '\\');
  }
  plain = withoutDollars(plain);
  if (plain.includes('\\') || plain.includes('{,}') || plain.includes('~')) {
    for (const [pattern, meaning] of PRESENTATION) {
      plain = plain.replace(pattern, meaning);
    }
  }
  for (const [pattern, meaning] of RELATION_SIGNS) {
    plain = plain.replace(pattern, meaning);
  }
  return withoutEnds(plain.replace(/[ \t\n\r]+/gu, ' ').trim());
}

/** Takes off dollar signs that delimit; one that stands alone before a number is a currency. */
function withoutDollars(text: string): string {
  const signs = text.match(/(?<!\\)\$/gu)?.length ?? 0;
  if (signs === 0) {
    return text;
  }
  const money = signs === 1 && /(?<!\\)\$\s*[\d.]/u.test(text);
  return text.replace(/(?<!\\)\$/gu, money ? '\\$' : ' ');
}

/** Takes off what ends a sentence or a line. */
function withoutEnds(text: string): string {
  let end = text.length;
  const isEnd = (): boolean =>
    /[.,;:\s]/u.test(text.charAt(end - 1)) && !text.endsWith('\\,', end) && text.charAt(end - 2) !== '.';
  for (let changed = true; changed;) {
    changed = false;
    if (end > 0 && isEnd()) {
      end--;
      changed = true;
    } else if (text.charAt(end - 1) === '\\') {
      end--;
      changed = true;
    }
  }
  return text.slice(0, end);
}
