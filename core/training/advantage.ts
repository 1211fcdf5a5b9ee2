import type { KlEstimator } from '../contracts/objective.ts';
import { RlvrError } from '../errors.ts';
import { klEstimate } from './klEstimate.ts';

/** The rewards of one generation batch. Groups are consecutive rows. */
export interface ScoredBatch {
  /** [rows][functions]; NaN where a function gave no reward. */
  readonly rewards: readonly (readonly number[])[];
  /** One for each function. */
  readonly weights: readonly number[];
  /** Completions per prompt. */
  readonly groupSize: number;
}

/** How group-relative advantages are scaled, and when several reward functions are added up. TRL's names. */
export interface GroupAdvantageOptions {
  readonly scaleRewards: 'group' | 'batch' | 'none';
  readonly aggregation: 'sum_then_normalize' | 'normalize_then_sum';
  /** Whether advantages are multiplied by rows / rows of groups whose rewards spread; false where left out. */
  readonly compensatesIdleGroups?: boolean;
}

/** Options of the leave-one-out estimator. TRL's names. */
export interface LeaveOneOutOptions {
  readonly normalizeAdvantages: boolean;
  /** Bounds of each row's weighted reward. */
  readonly rewardClipRange?: readonly [low: number, high: number];
  /** Weight of the KL in the reward; 0: none. */
  readonly beta: number;
  /** How the KL of each token is estimated: k1 unless given. */
  readonly estimator?: KlEstimator;
  /** [rows][completion tokens]: log-probability under the old policy minus that under the reference. Needed when beta is not 0. */
  readonly referenceLogRatios?: readonly (readonly number[])[];
}

/** Advantages with what the metrics of a step need. */
export interface AdvantageResult {
  /** [rows], always finite. 0 where the row, or all but one of its group, has no reward. */
  readonly advantages: Float64Array;
  /** [rows][completion tokens], where there is one for each token. Those of a row average to its advantage. */
  readonly tokenAdvantages?: readonly Float64Array[];
  /** [rows], the weighted sum of each row's rewards; NaN where every function gave none. */
  readonly rewards: Float64Array;
  /** Share of rows whose rewards do not spread. What is compared (group or batch) follows the options. */
  readonly zeroSpread: number;
  /** Mean estimate of the KL from the reference over the tokens that have one, where it entered the reward. */
  readonly kl?: number;
}

const EPSILON = 1e-4;
const ZERO_SPREAD = 1e-8;

/** Mean and sample standard deviation (n - 1) of the values that are numbers; NaN where there are too few. */
export function moments(values: ArrayLike<number>): { mean: number; std: number; count: number } {
  const known = Array.from(values).filter((value) => !Number.isNaN(value));
  const count = known.length;
  // Relative to one of the values, so that equal ones have a spread of exactly 0.
  const origin = known[0] ?? Number.NaN;
  const mean = origin + known.reduce((sum, value) => sum + (value - origin), 0) / count;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: count < 2 ? Number.NaN : Math.sqrt(squares / (count - 1)), count };
}

/** Throws `config/invalid` for a batch that does not fit its group size or weights, `training/not-finite` for an infinite reward. */
export function checkBatch(batch: ScoredBatch): void {
  const rows = batch.rewards.length;
  if (!Number.isInteger(batch.groupSize) || batch.groupSize < 1 || rows === 0 || rows % batch.groupSize !== 0) {
    const problem = `A batch of ${rows} completions cannot be cut into groups of ${batch.groupSize}.`;
    throw new RlvrError('config/invalid', problem, { rows, groupSize: batch.groupSize });
  }
  for (const [row, values] of batch.rewards.entries()) {
    if (values.length !== batch.weights.length) {
      const problem = `Completion ${row} has ${values.length} rewards for ${batch.weights.length} weights.`;
      throw new RlvrError('config/invalid', problem, { row, rewards: values.length, weights: batch.weights.length });
    }
    const position = values.findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY);
    if (position >= 0) {
      const problem = `Reward ${position} of completion ${row} is infinite; a reward is a finite number, or undefined.`;
      throw new RlvrError('training/not-finite', problem, { row, reward: position });
    }
  }
}

/** The weighted sum of one row, of what is known; NaN if nothing is. */
function weightedSum(values: readonly number[], weights: readonly number[]): number {
  const known = values.map((value, index) => value * (weights[index] ?? 0)).filter((value) => !Number.isNaN(value));
  return known.length === 0 ? Number.NaN : known.reduce((sum, value) => sum + value, 0);
}

/** The weighted sum of each row's rewards, and the same within bounds; NaN where every function gave none. */
export function clippedRewards(
  batch: ScoredBatch,
  range: readonly [low: number, high: number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): { rewards: Float64Array; clipped: Float64Array } {
  const rewards = Float64Array.from(batch.rewards, (row) => weightedSum(row, batch.weights));
  return { rewards, clipped: rewards.map((reward) => Math.min(range[1], Math.max(range[0], reward))) };
}

/** Applies `transform` to each group of `size` consecutive values. */
export function byGroup(
  values: Float64Array,
  size: number,
  transform: (group: Float64Array) => ArrayLike<number>,
): Float64Array {
  const result = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += size) {
    result.set(transform(values.subarray(start, start + size)), start);
  }
  return result;
}

/** The spread of `values`, where a single value has none; NaN where it is not known. */
export function spread(values: Float64Array): number {
  return values.length === 1 ? 0 : moments(values).std;
}

function standardize(values: Float64Array): Float64Array {
  const { mean } = moments(values);
  const std = spread(values);
  return values.map((value) => (value - mean) / (std + EPSILON));
}

function known(values: Float64Array): Float64Array {
  return values.map((value) => (Number.isNaN(value) ? 0 : value));
}

/** The share of rows whose group does not spread. */
export function shareOfZero(spreads: Float64Array): number {
  return spreads.reduce((count, value) => count + (value <= ZERO_SPREAD ? 1 : 0), 0) / spreads.length;
}

/** Each function is normalised in its group, then their weighted sum over the batch (GDPO, arXiv 2601.05242). */
function normalizeThenSum(batch: ScoredBatch, rewards: Float64Array): AdvantageResult {
  const columns = batch.weights.map((_, index) =>
    byGroup(
      Float64Array.from(batch.rewards, (row) => row[index] ?? Number.NaN),
      batch.groupSize,
      standardize,
    ),
  );
  const sums = rewards.map((_, row) =>
    weightedSum(
      columns.map((column) => column[row] ?? Number.NaN),
      batch.weights,
    ),
  );
  // A function that is undefined in its whole group adds 0 to a row that another function scored.
  const kept = sums.map((sum, row) => (Number.isNaN(sum) && !Number.isNaN(rewards[row] ?? Number.NaN) ? 0 : sum));
  return { advantages: known(standardize(kept)), rewards, zeroSpread: shareOfZero(Float64Array.of(spread(kept))) };
}

/**
 * Group-relative advantages: (R - mean of the group) / (std + 1e-4), R the weighted sum of a row's rewards (GRPO, arXiv 2402.03300,
 * section 4.1), with TRL's options and its rules for rewards that are undefined.
 *
 * @throws RlvrError `config/invalid` for a batch that does not fit its group size or weights, `training/not-finite` for an infinite reward.
 */
export function groupAdvantages(batch: ScoredBatch, options: GroupAdvantageOptions): AdvantageResult {
  checkBatch(batch);
  const rewards = Float64Array.from(batch.rewards, (row) => weightedSum(row, batch.weights));
  const result =
    options.aggregation === 'normalize_then_sum'
      ? normalizeThenSum(batch, rewards)
      : sumThenNormalize(batch, rewards, options.scaleRewards);
  if (options.compensatesIdleGroups !== true) return result;
  const gain = idleCompensation(rewards, batch.groupSize);
  return { ...result, advantages: result.advantages.map((value) => value * gain) };
}

/** The weighted sums are centred in their group and divided by the deviation of the group, of the batch, or not at all. */
function sumThenNormalize(
  batch: ScoredBatch,
  rewards: Float64Array,
  scaleRewards: GroupAdvantageOptions['scaleRewards'],
): AdvantageResult {
  const scope = scaleRewards === 'batch' ? rewards.length : batch.groupSize;
  const spreads = byGroup(rewards, scope, (group) => new Float64Array(group.length).fill(spread(group)));
  const centred = byGroup(rewards, batch.groupSize, (group) => group.map((reward) => reward - moments(group).mean));
  const scaled = centred.map((value, row) => value / ((spreads[row] ?? Number.NaN) + EPSILON));
  return {
    advantages: known(scaleRewards === 'none' ? centred : scaled),
    rewards,
    zeroSpread: shareOfZero(spreads),
  };
}

/** Rows / rows of groups whose rewards spread (GPG, arXiv 2504.02546, eq. 8: alpha); 1 where no group does. */
function idleCompensation(rewards: Float64Array, groupSize: number): number {
  const spreads = byGroup(rewards, groupSize, (group) => new Float64Array(group.length).fill(spread(group)));
  const moving = spreads.filter((value) => value > ZERO_SPREAD).length;
  return moving === 0 ? 1 : rewards.length / moving;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Each row's summed log-ratio to the reference, and their mean over tokens. */
function referenceDivergence(batch: ScoredBatch, options: LeaveOneOutOptions): { sums: number[]; kl: number } {
  const ratios = options.referenceLogRatios;
  if (ratios?.length !== batch.rewards.length) {
    const problem =
      `With beta ${options.beta} every one of the ${batch.rewards.length} completions needs its log-ratios to the reference; ` +
      `there are ${ratios?.length ?? 0}.`;
    throw new RlvrError('config/invalid', problem, { beta: options.beta, rows: batch.rewards.length });
  }
  const estimate = klEstimate[options.estimator ?? 'k1'];
  const sums = ratios.map((row) => sumOf(row.map((ratio) => estimate(-ratio))));
  const tokens = sumOf(ratios.map((row) => row.length));
  return { sums, kl: sumOf(sums) / Math.max(tokens, 1) };
}

/**
 * Leave-one-out advantages: each reward minus the mean of the others in its group (RLOO, arXiv 2402.14740), the KL to the
 * reference summed into the reward.
 *
 * @throws RlvrError as `groupAdvantages`; `config/invalid` when beta is not 0 and there are no log-ratios.
 */
export function leaveOneOutAdvantages(batch: ScoredBatch, options: LeaveOneOutOptions): AdvantageResult {
  checkBatch(batch);
  const { rewards, clipped } = clippedRewards(batch, options.rewardClipRange);
  const divergence = options.beta === 0 ? undefined : referenceDivergence(batch, options);
  const penalized = clipped.map((reward, row) => reward - options.beta * (divergence?.sums[row] ?? 0));
  const centred = byGroup(penalized, batch.groupSize, (group) => {
    const { mean, count } = moments(group);
    // reward - (sum - reward) / (count - 1), written so that equal rewards give exactly 0.
    return group.map((reward) => (group.length === 1 ? 0 : ((reward - mean) * count) / (count - 1)));
  });
  const advantages = options.normalizeAdvantages ? standardize(centred) : centred;
  const spreads = byGroup(penalized, batch.groupSize, (group) => new Float64Array(group.length).fill(spread(group)));
  const result = { advantages: known(advantages), rewards, zeroSpread: shareOfZero(spreads) };
  return divergence === undefined ? result : { ...result, kl: divergence.kl };
}

/**
 * Reward metrics of a step under TRL's names: mean and standard deviation of each function and of the weighted sum, over the batch,
 * of what is known (NaN where nothing is), and the share of rows without spread.
 */
export function rewardMetrics(
  batch: Pick<ScoredBatch, 'rewards'>,
  names: readonly string[],
  result: AdvantageResult,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const [index, name] of names.entries()) {
    const { mean, std } = moments(batch.rewards.map((row) => row[index] ?? Number.NaN));
    metrics[`rewards/${name}/mean`] = mean;
    metrics[`rewards/${name}/std`] = std;
  }
  const { mean, std } = moments(result.rewards);
  const kl = result.kl === undefined ? {} : { kl: result.kl };
  return { ...metrics, reward: mean, reward_std: std, frac_reward_zero_std: result.zeroSpread, ...kl };
}

/**
 * Length metrics of a step under TRL's names, in tokens: over all completions, and over those that ended by a stop token
 * (`finished`); 0 where none did. `clipped_ratio` is the share of the others.
 */
export function lengthMetrics(lengths: readonly number[], finished: readonly boolean[]): Record<string, number> {
  const terminated = lengths.filter((_, row) => finished[row] === true);
  const some = terminated.length === 0 ? [0] : terminated;
  return {
    'completions/mean_length': moments(lengths).mean,
    'completions/min_length': Math.min(...lengths),
    'completions/max_length': Math.max(...lengths),
    'completions/clipped_ratio': 1 - terminated.length / lengths.length,
    'completions/mean_terminated_length': moments(some).mean,
    'completions/min_terminated_length': Math.min(...some),
    'completions/max_terminated_length': Math.max(...some),
  };
}
