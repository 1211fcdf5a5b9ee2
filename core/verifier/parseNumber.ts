import { rational, type Rational } from './rational.ts';

/** Numbers written with more characters than this are never computed with; they are compared as texts. */
export const longestNumber = 10_000;

const SPACES = /\\[,;:!> ]|\\q?quad\b|[\s~\u00a0\u2000-\u200a\u202f\u205f\u3000]/gu;
const DELIMITERS = /^(?:\\?\$\$?|\\\(|\\\[)|(?:\\?\$\$?|\\\)|\\\])$/gu;
const GROUPED = /^\d{1,3}(?:,\d{3})+(?=\.|$)/u;
const FRACTION = /^\\[dt]?frac(?:\{([^{}]*)\}|(\d))(?:\{([^{}]*)\}|(\d))$/u;
const DECIMAL = /^(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,5}))?$/iu;

/**
 * A number as people and models write it, in one plain form: no blanks, dollar signs, outer braces, thousands separators,
 * leading plus or closing full stop; `\frac{1}{2}` becomes `1/2`. What is not understood stays as it is.
 * Takes time linear in the length.
 */
export function normaliseNumberText(text: string): string {
  let plain = text.trim().replace(DELIMITERS, '').replaceAll('{,}', ',').replace(SPACES, '').replace(/[−–]/gu, '-');
  plain = withoutOuterBraces(plain);
  if (plain.endsWith('.')) {
    plain = plain.slice(0, -1);
  }
  const sign = plain.startsWith('-') ? '-' : '';
  const unsigned = /^[+-]/u.test(plain) ? plain.slice(1) : plain;
  const fraction = FRACTION.exec(unsigned);
  if (fraction) {
    return `${sign}${fraction[1] ?? fraction[2] ?? ''}/${fraction[3] ?? fraction[4] ?? ''}`;
  }
  return sign + (GROUPED.test(unsigned) ? unsigned.replaceAll(',', '') : unsigned);
}

function withoutOuterBraces(text: string): string {
  let depth = 0;
  while (text[depth] === '{' && text[text.length - 1 - depth] === '}') {
    depth++;
  }
  const inner = text.slice(depth, text.length - depth);
  return inner.includes('{') && !inner.startsWith('\\') ? text : inner;
}

/**
 * The number that a normalised text writes: an integer, a decimal, one with an exponent, or a fraction of two of these.
 * undefined where it writes none, divides by 0, or is longer than `longestNumber`. Exact: 0.333 is 333/1000, never 1/3.
 */
export function parseNumber(normalised: string): Rational | undefined {
  if (normalised.length > longestNumber) {
    return undefined;
  }
  const parts = normalised.split('/');
  const top = parseDecimal(parts[0] ?? '');
  if (parts.length === 1 || top === undefined) {
    return top;
  }
  const bottom = parts.length === 2 ? parseDecimal(parts[1] ?? '') : undefined;
  return bottom && rational(top.numerator * bottom.denominator, top.denominator * bottom.numerator);
}

function parseDecimal(text: string): Rational | undefined {
  const negative = text.startsWith('-');
  const match = DECIMAL.exec(/^[+-]/u.test(text) ? text.slice(1) : text);
  const whole = match?.[1] ?? '';
  const decimals = match?.[2] ?? '';
  if (whole.length + decimals.length === 0) {
    return undefined;
  }
  const exponent = Number(match?.[3] ?? 0) - decimals.length;
  if (Math.abs(exponent) > longestNumber) {
    return undefined;
  }
  const digits = BigInt(whole + decimals) * (negative ? -1n : 1n);
  return exponent >= 0 ? rational(digits * 10n ** BigInt(exponent)) : rational(digits, 10n ** BigInt(-exponent));
}
