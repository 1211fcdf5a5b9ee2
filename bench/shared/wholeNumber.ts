/** The value of an option of a benchmark. Throws RangeError unless it is a whole number of at least `least` (1). */
export function wholeNumber(name: string, text: string, least = 1): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least)
    throw new RangeError(`--${name} ${text}: expected a whole number of at least ${least}`);
  return number;
}
