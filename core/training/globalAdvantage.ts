import type { KlEstimator } from '../contracts/objective.ts';
import type { AdvantageResult, ScoredBatch } from './advantage.ts';
import { byGroup, checkBatch, clippedRewards, moments, shareOfZero, spread } from './advantage.ts';
import { klEstimate } from './klEstimate.ts';

/** Options of the estimator that normalises over the whole generation batch. */
export interface GlobalAdvantageOptions {
  /** Tokens of each completion. */
  readonly lengths: readonly number[];
  /** Which completions take part in the loss; the others do not count in mean and deviation. */
  readonly active: readonly boolean[];
  /** What is taken off each reward first: the mean of its group (REINFORCE++-baseline), or nothing. */
  readonly baseline: 'group' | 'none';
  /** Bounds of each row's weighted reward. */
  readonly rewardClipRange?: readonly [low: number, high: number];
  /** The KL that is taken out of each token's reward. */
  readonly rewardKl?: {
    readonly beta: number;
    readonly estimator: KlEstimator;
    /** [rows][completion tokens]: log-probability under the old policy minus that under the reference; empty for rows without part. */
    readonly referenceLogRatios: readonly (readonly number[])[];
  };
}

/** Added to the variance before its root is taken. */
const varianceFloor = 1e-8;

/** What is still to come at each token: the reward at the last one, minus beta KL of this and all later ones. */
function returns(reward: number, divergences: readonly number[], length: number, beta: number): Float64Array {
  const result = new Float64Array(length);
  let rest = reward;
  for (let token = length - 1; token >= 0; token--) {
    rest -= beta * (divergences[token] ?? 0);
    result[token] = rest;
  }
  return result;
}

function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : moments(values).mean;
}

/**
 * Advantages of each token, normalised over all tokens of the generation batch (REINFORCE++, arXiv 2501.03262): the return R - beta sum of
 * the KL of this and all later tokens, minus its mean, over sqrt(variance + 1e-8) with the sample variance, as verl's
 * `reinforce_plus_plus` (discount 1). Rows without reward get 0.
 *
 * @throws RlvrError as `groupAdvantages`.
 */
export function globalAdvantages(batch: ScoredBatch, options: GlobalAdvantageOptions): AdvantageResult {
  checkBatch(batch);
  const { lengths, active, rewardKl } = options;
  const { rewards, clipped } = clippedRewards(batch, options.rewardClipRange);
  const based =
    options.baseline === 'none'
      ? clipped
      : byGroup(clipped, batch.groupSize, (group) => group.map((reward) => reward - moments(group).mean));
  const divergences = rewardKl?.referenceLogRatios.map((row) =>
    row.map((ratio) => klEstimate[rewardKl.estimator](-ratio)),
  );
  const perToken = Array.from(based, (reward, row) =>
    returns(reward, divergences?.[row] ?? [], lengths[row] ?? 0, rewardKl?.beta ?? 0),
  );
  const { mean, std } = moments(perToken.flatMap((row, i) => (active[i] === true ? [...row] : [])));
  const scale = Math.sqrt(std ** 2 + varianceFloor);
  // Where nothing, or one token alone, is known there is no deviation and no advantage.
  const tokenAdvantages = perToken.map((row) => row.map((value) => known((value - mean) / scale)));
  const spreads = byGroup(clipped, batch.groupSize, (group) => new Float64Array(group.length).fill(spread(group)));
  const result = {
    advantages: Float64Array.from(tokenAdvantages, meanOf),
    tokenAdvantages,
    rewards,
    zeroSpread: shareOfZero(spreads),
  };
  return divergences === undefined ? result : { ...result, kl: meanOf(Float64Array.from(divergences.flat())) };
}

function known(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
