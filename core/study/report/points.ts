import type { Bounds, Estimate } from './estimate.ts';

const MINUS = '−';

/** A share as percent with one decimal, without its sign: `64.2`. */
export function percent(share: number): string {
  return signedText(100 * share, '');
}

/** A difference of shares in points, with its sign: `+0.8`. */
export function points(difference: number): string {
  return signedText(100 * difference, '+');
}

/** `(−2.1 to +3.7)` in points. */
export function pointsBetween({ low, high }: Bounds): string {
  return `(${points(low)} to ${points(high)})`;
}

/** A share with its interval: `64.2 (61.0 to 67.3)`, in percent. */
export function percentWithInterval({ mean, interval }: Estimate): string {
  return interval === undefined
    ? percent(mean)
    : `${percent(mean)} (${percent(interval.low)} to ${percent(interval.high)})`;
}

/** A p-value as papers print it. */
export function pValue(p: number): string {
  if (p < 0.0001) return '< 0.0001';
  return String(Number(p.toPrecision(2)));
}

function signedText(value: number, plus: '+' | ''): string {
  const text = Math.abs(value).toFixed(1);
  if (Number(text) === 0) return plus === '+' ? '0.0' : text;
  return `${value < 0 ? MINUS : plus}${text}`;
}
