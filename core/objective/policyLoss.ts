import type { ObjectiveResult, PolicyBatch } from '../contracts/objective.ts';
import { tf } from '../tensor/tf.ts';
import type { TokenLoss } from './clippedSurrogate.ts';
import { referenceDivergence } from './divergence.ts';
import { entropyBonus } from './entropyBonus.ts';
import { oncePerMicroBatch, tokenMean } from './metricSums.ts';
import { offPolicyMask, topEntropyMask } from './policyMasks.ts';
import type { PolicyOptions } from './policyOptions.ts';
import type { PolicyTerms, RatioLevel } from './policyTerms.ts';
import { policyTerms } from './policyTerms.ts';
import type { Reduction } from './reductions.ts';
import { rolloutRatio } from './rolloutRatio.ts';

/** What makes one policy objective different from another. */
export interface PolicyLossParts {
  /** The loss of each token. */
  tokenLoss(terms: PolicyTerms): TokenLoss;
  readonly reduction: Reduction;
  /** How many importance ratios there are: as `importance_sampling_level` says unless given. */
  readonly ratioLevel?: RatioLevel;
  /** Whether the token loss contains the rollout ratio already. */
  readonly containsRolloutRatio?: boolean;
}

/**
 * A policy loss in TRL's order: token loss, off-policy mask, top-entropy mask, rollout ratio, then the KL (which masks and ratio never
 * touch), the reduction, and the entropy bonus.
 */
export function policyLoss(options: PolicyOptions, batch: PolicyBatch, parts: PolicyLossParts): ObjectiveResult {
  const terms = policyTerms(parts.ratioLevel ?? options.importance_sampling_level, batch);
  const own = parts.tokenLoss(terms);
  const selected = topEntropyMask(options, batch);
  const rollout = parts.containsRolloutRatio === true ? undefined : rolloutRatio(options, batch);
  const factors = [offPolicyMask(options, batch), selected, rollout];
  let tokenLoss = own.value;
  for (const factor of factors) {
    if (factor !== undefined) tokenLoss = tf.mul(tokenLoss, factor);
  }
  const divergence = options.beta === 0 ? undefined : referenceDivergence(options, terms);
  if (divergence !== undefined) tokenLoss = tf.add(tokenLoss, tf.mul(divergence, options.beta));
  const reduced = parts.reduction(tokenLoss, batch);
  const entropy = entropyBonus(options, batch, selected);
  return {
    loss: entropy === undefined ? reduced.loss : tf.sub(reduced.loss, entropy.bonus),
    metrics: {
      ...(divergence === undefined ? {} : { kl: tokenMean(divergence, batch) }),
      entropy: tokenMean(batch.entropies, batch),
      ...own.metrics,
      ...(entropy === undefined ? {} : { policy_loss: oncePerMicroBatch(reduced.logged), ...entropy.metrics }),
    },
  };
}
