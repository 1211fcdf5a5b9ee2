import { RlvrError } from '../../errors.ts';
import { randomStream } from '../../tensor/random.ts';

/** With more pairs than these the assignments of signs are drawn, not counted. */
const MOST_COUNTED = 20;
const DRAWN = 10_000;
/** Sums in another order differ in their last bits. */
const TIE = 1e-9;

/** What a sign-flip test came to. */
export interface SignFlipResult {
  /** Two-sided. */
  readonly p: number;
  /** The smallest p that as many pairs can give. */
  readonly smallestP: number;
  /** `exact`: all 2^n assignments of signs; `drawn`: a seeded sample of them, whose p counts the observed one. */
  readonly method: 'exact' | 'drawn';
}

/** The smallest two-sided p of a sign-flip test of `pairs` pairs: both assignments of one sign, of 2^pairs. */
export function smallestSignFlipP(pairs: number): number {
  return pairs > MOST_COUNTED ? 1 / (DRAWN + 1) : Math.min(1, 2 ** (1 - pairs));
}

/**
 * Paired permutation test of a mean difference of 0 (R. A. Fisher: The design of experiments, 1935, section 21): if the two sides are
 * exchangeable within a pair, every assignment of signs to the differences is equally likely. Exact up to 20 pairs. Give one difference a
 * seed, each a mean over the problems that both sides answered: so a seed's problems keep their signs together.
 *
 * @param seed Of the drawn assignments; not used by the exact test.
 * @throws RlvrError `config/invalid` without differences, `training/not-finite` for a NaN or an infinity.
 */
export function signFlipTest(differences: readonly number[], seed = 0): SignFlipResult {
  if (differences.length === 0) {
    throw new RlvrError('config/invalid', 'A paired test needs at least one pair.');
  }
  const wrong = differences.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const problem = `The difference of pair ${wrong} is ${differences[wrong]}; a test needs finite numbers.`;
    throw new RlvrError('training/not-finite', problem, { pair: wrong });
  }
  const smallestP = smallestSignFlipP(differences.length);
  const size = differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0)) - TIE * size;
  if (differences.length <= MOST_COUNTED) {
    return { p: exactP(differences, observed), smallestP, method: 'exact' };
  }
  return { p: drawnP(differences, observed, seed), smallestP, method: 'drawn' };
}

/** The first sign stays: the other half of the assignments mirrors this one. */
function exactP(differences: readonly number[], observed: number): number {
  const [first = 0, ...rest] = differences;
  const assignments = 2 ** rest.length;
  let reached = 0;
  for (let assignment = 0; assignment < assignments; assignment++) {
    let sum = first;
    rest.forEach((value, place) => {
      sum += (assignment >> place) & 1 ? -value : value;
    });
    if (Math.abs(sum) >= observed) reached += 1;
  }
  return reached / assignments;
}

function drawnP(differences: readonly number[], observed: number, seed: number): number {
  const random = randomStream(seed, 'sign-flip');
  const values = Float64Array.from(differences);
  let reached = 1;
  for (let draw = 0; draw < DRAWN; draw++) {
    let word = 0;
    let sum = 0;
    for (let place = 0; place < values.length; place++) {
      if (place % 32 === 0) word = random.nextUint32();
      const value = values[place] ?? 0;
      sum += (word >>> (place % 32)) & 1 ? -value : value;
    }
    if (Math.abs(sum) >= observed) reached += 1;
  }
  return reached / (DRAWN + 1);
}
