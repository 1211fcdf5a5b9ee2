import type { AdvantageEstimator, ObjectiveRequirements } from '../contracts/objective.ts';
import type { AdvantageResult, GroupAdvantageOptions, ScoredBatch } from './advantage.ts';
import { groupAdvantages, leaveOneOutAdvantages } from './advantage.ts';
import { globalAdvantages } from './globalAdvantage.ts';
import type { TrainingRow } from './microBatch.ts';

/** What an estimator reads of a row. Its reference log-probabilities are needed where a KL is taken out of the reward. */
type EstimatedRow = Pick<TrainingRow, 'ids' | 'policyLogps' | 'referenceLogps' | 'active'>;

interface Estimation {
  readonly batch: ScoredBatch;
  readonly rows: readonly EstimatedRow[];
  readonly details: NonNullable<ObjectiveRequirements['advantageDetails']>;
  readonly options: GroupAdvantageOptions;
}

const estimators: Readonly<Record<AdvantageEstimator, (estimation: Estimation) => AdvantageResult>> = {
  group: ({ batch, details, options }) =>
    groupAdvantages(batch, { ...options, compensatesIdleGroups: details.compensatesIdleGroups ?? false }),
  rloo: ({ batch, rows, details }) =>
    leaveOneOutAdvantages(batch, {
      normalizeAdvantages: details.normalizes ?? false,
      beta: details.rewardKl?.beta ?? 0,
      referenceLogRatios: rows.map(logRatios),
      ...(details.rewardKl === undefined ? {} : { estimator: details.rewardKl.estimator }),
      ...(details.rewardClipRange === undefined ? {} : { rewardClipRange: details.rewardClipRange }),
    }),
  global: ({ batch, rows, details }) =>
    globalAdvantages(batch, {
      lengths: rows.map(({ ids }) => ids.length),
      active: rows.map(({ active }) => active),
      baseline: details.baseline ?? 'none',
      ...(details.rewardKl === undefined
        ? {}
        : { rewardKl: { ...details.rewardKl, referenceLogRatios: rows.map(logRatios) } }),
      ...(details.rewardClipRange === undefined ? {} : { rewardClipRange: details.rewardClipRange }),
    }),
  supervised: ({ batch }) => ({
    advantages: new Float64Array(batch.rewards.length).fill(1),
    rewards: new Float64Array(batch.rewards.length).fill(NaN),
    zeroSpread: 0,
  }),
};

/** log-probability under the policy that sampled, filters aside, minus that under the reference of each token with a part in the loss. */
function logRatios({ policyLogps, referenceLogps = [], active }: EstimatedRow): readonly number[] {
  return active ? policyLogps.map((logp, token) => logp - (referenceLogps[token] ?? NaN)) : [];
}

/**
 * The advantages of a generation batch as the objective asks for them. `rows` are the batch's, in its order.
 *
 * @throws RlvrError as the estimators: `config/invalid` for a batch that does not fit, `training/not-finite` for an infinite reward.
 */
export function estimateAdvantages(
  batch: ScoredBatch,
  rows: readonly EstimatedRow[],
  { advantage, advantageDetails = {} }: Pick<ObjectiveRequirements, 'advantage' | 'advantageDetails'>,
  options: GroupAdvantageOptions,
): AdvantageResult {
  return estimators[advantage]({ batch, rows, details: advantageDetails, options });
}
