import { RlvrError } from '../../errors.ts';
import { normalProbability } from '../../training/normalDistribution.ts';
import { studentQuantile } from './studentT.ts';

const STEPS = 600;

/**
 * Probability that a two-sided t test at level `alpha` finds a true shift of `noncentrality` standard errors, with `freedom` degrees of
 * freedom: the mean over the estimated standard error u (the root of a chi-squared over f) of the normal probability beyond t u, which is
 * the noncentral t distribution. By Simpson's rule over u, to about 1e-9.
 */
export function testPower(noncentrality: number, freedom: number, alpha: number): number {
  const critical = studentQuantile(1 - alpha / 2, freedom);
  // u^(f - 1) exp(-f u^2 / 2) has its weight within this far of 1.
  const far = Math.sqrt(1 + 40 / Math.sqrt(freedom) + 80 / freedom);
  const near = Math.max(0, 1 - 9 / Math.sqrt(freedom));
  const peak = Math.sqrt(Math.max(0, freedom - 1) / freedom);
  const logDensity = (u: number): number =>
    u === 0 && freedom <= 1 ? 0 : (freedom - 1) * Math.log(u) - (freedom * u * u) / 2;
  const highest = peak > 0 ? logDensity(peak) : 0;
  let total = 0;
  let found = 0;
  for (let step = 0; step <= STEPS; step++) {
    // Points are close together at small u, where few degrees of freedom make the critical value huge.
    const place = step / STEPS;
    const u = near + (far - near) * place ** 3;
    const simpson = step === 0 || step === STEPS ? 1 : step % 2 === 1 ? 4 : 2;
    const weight = simpson * place ** 2 * Math.exp(logDensity(u) - highest);
    total += weight;
    found +=
      weight * (normalProbability(noncentrality - critical * u) + normalProbability(-noncentrality - critical * u));
  }
  return found / total;
}

/** A design of a paired comparison. */
export interface PairedDesign {
  /** Pairs: seeds that both methods have. */
  readonly seeds: number;
  /** Standard deviation over seeds of the difference of the two methods, in the unit of the result. */
  readonly deviation: number;
  /** Level of the test: 0.05, or less where many are made. */
  readonly alpha: number;
  /** Probability to find it: 0.8 unless given. */
  readonly power?: number;
}

/**
 * The smallest true difference that a paired two-sided t test over seeds finds with the given power; undefined with fewer than two seeds.
 *
 * @throws RlvrError `config/invalid` unless 0 < alpha < power < 1 and the deviation is finite and not below 0.
 */
export function detectableDifference({ seeds, deviation, alpha, power = 0.8 }: PairedDesign): number | undefined {
  if (!(alpha > 0 && alpha < power && power < 1)) {
    const problem = `A design needs 0 < level < power < 1; they are ${alpha} and ${power}.`;
    throw new RlvrError('config/invalid', problem, { alpha, power });
  }
  if (!(deviation >= 0 && Number.isFinite(deviation))) {
    throw new RlvrError('config/invalid', `A standard deviation must be 0 or above, not ${deviation}.`, { deviation });
  }
  return seeds < 2 ? undefined : (detectableShift(seeds - 1, alpha, power) * deviation) / Math.sqrt(seeds);
}

/** Shifts do not depend on data, and a report asks for the same few designs over and over. */
const knownShifts = new Map<string, number>();

/** The true shift in standard errors that is found with the given power. */
function detectableShift(freedom: number, alpha: number, power: number): number {
  const key = `${freedom} ${alpha} ${power}`;
  const known = knownShifts.get(key);
  if (known !== undefined) return known;
  let low = 0;
  let high = 1;
  while (testPower(high, freedom, alpha) < power) high *= 2;
  for (let step = 0; step < 36; step++) {
    const middle = (low + high) / 2;
    if (testPower(middle, freedom, alpha) < power) low = middle;
    else high = middle;
  }
  knownShifts.set(key, high);
  return high;
}

/**
 * Standard deviation of the difference of two methods at a seed, where each varies over seeds by `seedDeviation` and a shared seed
 * correlates them by `correlation` (0 unless given: nothing gained by pairing).
 */
export function differenceDeviation(seedDeviation: number, correlation = 0): number {
  return seedDeviation * Math.sqrt(2 * (1 - correlation));
}
