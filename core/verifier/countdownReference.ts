/** What a Countdown problem asks: make `target` of `numbers`. */
export interface CountdownTask {
  readonly numbers: readonly bigint[];
  readonly target: bigint;
}

const LONGEST = 2_000;
const WHOLE = /^-?\d{1,50}$/u;

/** Reads a reference such as `3, 7, 8 -> 80`; undefined for anything else. */
export function parseCountdownReference(reference: string): CountdownTask | undefined {
  const parts = reference.length > LONGEST ? [] : reference.split('->').map((part) => part.trim());
  const numbers = (parts[0] ?? '').split(/[\s,]+/u);
  const target = parts[1] ?? '';
  if (parts.length !== 2 || ![...numbers, target].every((text) => WHOLE.test(text))) {
    return undefined;
  }
  return { numbers: numbers.map(BigInt), target: BigInt(target) };
}

/** The reference of a Countdown problem, as `parseCountdownReference` reads it. */
export function formatCountdownReference(numbers: readonly number[], target: number): string {
  return `${numbers.join(', ')} -> ${target}`;
}
