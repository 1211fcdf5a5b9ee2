import { RlvrError } from '../errors.ts';
import { randomStream } from '../tensor/random.ts';
import { normalProbability, normalQuantile } from './normalDistribution.ts';

/** An estimate with the interval that holds the true value with the stated probability. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
}

/** Options of a bootstrap. */
export interface BootstrapOptions {
  readonly seed: number;
  /** Resamples drawn: 10,000 unless given. */
  readonly resamples?: number;
  /** Probability that the interval holds the true value: 0.95 unless given. */
  readonly level?: number;
  /** `bca` (bias-corrected and accelerated) unless given; `percentile` takes the quantiles of the resampled means as they are. */
  readonly method?: 'bca' | 'percentile';
}

function checkedLevel(level: number): number {
  if (!(level > 0 && level < 1)) {
    throw new RlvrError('config/invalid', `The level of an interval must be between 0 and 1, not ${level}.`, { level });
  }
  return level;
}

function checkedWhole(value: number, least: number, most: number, what: string): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    const range = most === Number.POSITIVE_INFINITY ? `at least ${least}` : `from ${least} to ${most}`;
    throw new RlvrError('config/invalid', `${what} must be a whole number ${range}, not ${value}.`, { value });
  }
}

function checkedCounts(samples: number, correct: number): void {
  checkedWhole(samples, 1, Number.POSITIVE_INFINITY, 'The number of samples per problem');
  checkedWhole(correct, 0, samples, 'The number of correct samples');
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * pass@k of one problem: the unbiased estimate of the probability that at least one of k samples is correct, from `samples` samples of
 * which `correct` are: 1 - C(n - c, k) / C(n, k) (M. Chen and others: Evaluating large language models trained on code, arXiv
 * 2107.03374, equation 1). The pass@k of a data set is the mean over its problems.
 *
 * @throws RlvrError `config/invalid` unless 1 <= k <= samples and 0 <= correct <= samples.
 */
export function passAtK(samples: number, correct: number, k: number): number {
  checkedCounts(samples, correct);
  checkedWhole(k, 1, samples, 'The k of pass@k');
  let allWrong = 1;
  for (let place = samples - correct + 1; place <= samples && allWrong > 0; place++) {
    allWrong *= Math.max(0, 1 - k / place);
  }
  return 1 - allWrong;
}

/**
 * avg@k of one problem: the share of its k = `samples` samples that are correct. It has the expectation of pass@1 and less spread. The
 * avg@k of a data set is the mean over its problems.
 *
 * @throws RlvrError `config/invalid` unless 0 <= correct <= samples and samples >= 1.
 */
export function avgAtK(samples: number, correct: number): number {
  checkedCounts(samples, correct);
  return correct / samples;
}

/**
 * Wilson's score interval of a proportion (E. B. Wilson: Probable inference, the law of succession, and statistical inference, 1927).
 * For one sample per problem: it keeps a width where a bootstrap has none, at 0 and at 1.
 *
 * @throws RlvrError `config/invalid` unless 0 <= successes <= trials, trials >= 1 and 0 < level < 1.
 */
export function wilsonInterval(successes: number, trials: number, level = 0.95): Interval {
  checkedWhole(trials, 1, Number.POSITIVE_INFINITY, 'The number of trials');
  checkedWhole(successes, 0, trials, 'The number of successes');
  const z = normalQuantile(0.5 + checkedLevel(level) / 2);
  const mean = successes / trials;
  const shrink = 1 + (z * z) / trials;
  const centre = (mean + (z * z) / (2 * trials)) / shrink;
  const half = (z / shrink) * Math.sqrt((mean * (1 - mean)) / trials + (z / (2 * trials)) ** 2);
  return { low: successes === 0 ? 0 : centre - half, high: successes === trials ? 1 : centre + half, mean };
}

/** The quantile of sorted values, interpolated linearly between them. */
function quantile(sorted: Float64Array, probability: number): number {
  const place = probability * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[below + 1] ?? low;
  return low + (place - below) * (high - low);
}

/** Means of resamples of `deviations`, sorted. */
function resampledMeans(deviations: readonly number[], seed: number, resamples: number): Float64Array {
  const random = randomStream(seed, 'bootstrap');
  const count = deviations.length;
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    for (let draw = 0; draw < count; draw++) {
      sum += deviations[random.integer(count)] ?? 0;
    }
    means[resample] = sum / count;
  }
  return means.sort();
}

/**
 * Where BCa reads the resampled means instead of at `probability` (B. Efron: Better bootstrap confidence intervals, 1987, equation
 * 2.3): corrected by the share of means below the estimate, and by the skewness of the deviations.
 */
function correctedProbability(deviations: readonly number[], means: Float64Array, probability: number): number {
  const cubes = deviations.reduce((sum, value) => sum + value ** 3, 0);
  const squares = deviations.reduce((sum, value) => sum + value ** 2, 0);
  const acceleration = cubes / (6 * squares ** 1.5);
  // Sums in another order differ in their last bits; what is that close to the estimate counts half.
  const tie = Math.sqrt(squares / deviations.length) * 1e-12;
  const below = means.reduce((count, mean) => count + (mean < -tie ? 1 : mean <= tie ? 0.5 : 0), 0);
  const share = Math.min(means.length - 0.5, Math.max(0.5, below)) / means.length;
  const bias = normalQuantile(share);
  const moved = bias + normalQuantile(probability);
  const room = 1 - acceleration * moved;
  // Where the correction has no bound, the interval ends with the outermost resample.
  return normalProbability(room > 0 ? bias + moved / room : moved * Number.POSITIVE_INFINITY);
}

/**
 * The mean of one value per problem, with a bootstrap interval over problems: they are drawn with replacement, all samples of a
 * problem staying together (B. Efron, R. Tibshirani: An introduction to the bootstrap, 1993, chapters 13 and 14). Values that are all
 * equal give an interval without width; for one right-or-wrong sample per problem use `wilsonInterval`.
 *
 * @throws RlvrError `config/invalid` without problems or for options out of range, `training/not-finite` for a NaN or an infinity.
 */
export function bootstrapInterval(perProblem: readonly number[], options: BootstrapOptions): Interval {
  const { seed, resamples = 10_000, level = 0.95, method = 'bca' } = options;
  checkedLevel(level);
  checkedWhole(resamples, 1, Number.POSITIVE_INFINITY, 'The number of resamples');
  checkedWhole(perProblem.length, 1, Number.POSITIVE_INFINITY, 'The number of problems');
  const wrong = perProblem.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const problem = `The value of problem ${wrong} is ${perProblem[wrong]}; an interval needs finite numbers.`;
    throw new RlvrError('training/not-finite', problem, { problem: wrong });
  }
  const mean = meanOf(perProblem);
  if (perProblem.every((value) => value === perProblem[0])) {
    return { low: mean, high: mean, mean };
  }
  const deviations = perProblem.map((value) => value - mean);
  const means = resampledMeans(deviations, seed, resamples);
  const least = perProblem.reduce((low, value) => Math.min(low, value));
  const most = perProblem.reduce((high, value) => Math.max(high, value));
  // A mean lies within its values; rounding must not take a bound of an accuracy below 0.
  const bound = (probability: number): number => {
    const place = method === 'bca' ? correctedProbability(deviations, means, probability) : probability;
    return Math.min(most, Math.max(least, mean + quantile(means, place)));
  };
  return { low: bound(0.5 - level / 2), high: bound(0.5 + level / 2), mean };
}

/**
 * The mean difference `after` - `before` over the same problems in the same order, with its bootstrap interval. Pairing takes out how
 * hard each problem is, so the interval is narrower than those of the two sides.
 *
 * @throws RlvrError as `bootstrapInterval`; `config/invalid` where the sides differ in length.
 */
export function pairedBootstrapDifference(
  before: readonly number[],
  after: readonly number[],
  options: BootstrapOptions,
): Interval {
  if (before.length !== after.length) {
    const problem = `A paired difference needs the same problems on both sides; there are ${before.length} and ${after.length}.`;
    throw new RlvrError('config/invalid', problem, { before: before.length, after: after.length });
  }
  const differences = after.map((value, index) => value - (before[index] ?? Number.NaN));
  return bootstrapInterval(differences, options);
}
