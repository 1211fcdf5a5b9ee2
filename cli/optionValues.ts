import { InvalidArgumentError } from 'commander';

/** Reads an option that is a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && Number.isSafeInteger(value)) return value;
    throw new InvalidArgumentError(`A whole number of at least ${least} is expected.`);
  };
}

/** Reads an option that names a checkpoint: its step, or `best`. */
export function stepOrBest(text: string): number | 'best' {
  return text === 'best' ? 'best' : wholeNumber(0)(text);
}

/** Reads an option that is a number from `least` to `most`; `least` itself only where `inclusive`. */
export function numberWithin(least: number, most: number, inclusive: boolean): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if ((inclusive ? value >= least : value > least) && value <= most && Number.isFinite(value)) return value;
    const range = most === Infinity ? '' : ` and at most ${most}`;
    throw new InvalidArgumentError(`A number ${inclusive ? 'of at least' : 'above'} ${least}${range} is expected.`);
  };
}
