import { z } from 'zod';
import type { Objective, ObjectiveRequirements, ObjectiveState } from '../contracts/objective.ts';
import type { TokenLoss } from './clippedSurrogate.ts';
import { adaptiveEntropyState } from './entropyBonus.ts';
import { policyLoss } from './policyLoss.ts';
import type { PolicyOptions } from './policyOptions.ts';
import { policyAliases } from './policyOptions.ts';
import type { PolicyTerms, RatioLevel } from './policyTerms.ts';
import type { Reduction } from './reductions.ts';

/** How an objective gets its advantages. */
type Advantages = Pick<ObjectiveRequirements, 'advantage' | 'advantageDetails' | 'minimumGroupSize'>;

/** What tells one policy objective from another. */
export interface PolicyObjectiveParts<Config extends PolicyOptions> extends Pick<
  Objective,
  'id' | 'summary' | 'source' | 'aliases' | 'holdsRatio'
> {
  readonly config: z.ZodType<Config>;
  /** The loss of each token, before masks, weights and the KL. */
  tokenLoss(config: Config, terms: PolicyTerms): TokenLoss;
  reduction(config: Config): Reduction;
  /** How many importance ratios there are: as `importance_sampling_level` says unless given. */
  readonly ratioLevel?: RatioLevel;
  /** Whether the token loss contains the rollout ratio already. */
  readonly containsRolloutRatio?: boolean;
  /** Relative to the group's mean unless given. */
  advantages?(config: Config): Advantages;
  /** Weight of the KL in the loss: `beta` unless given. */
  lossBeta?(config: Config): number;
  /**
   * Whether rows of advantage 0 count, though their token loss is 0 and the policy is the one that sampled: in a metric, or in the loss of
   * the rows that share their micro-batch. False unless given.
   */
  countsIdleRows?(config: Config): boolean;
  /** What it carries from step to step: the adaptive entropy coefficient unless given. */
  readonly state?: ObjectiveState<Config>;
}

const groupAdvantages: Advantages = { advantage: 'group', minimumGroupSize: 2 };

/**
 * Whether rows of advantage 0 have no gradient and no part in a metric while the policy is the one that sampled: nothing besides the token
 * loss acts on them or counts them.
 */
function isIdleAtZero(config: PolicyOptions, beta: number): boolean {
  const hasEntropyBonus = config.entropy_coef !== 0 || config.use_adaptive_entropy;
  return beta === 0 && !hasEntropyBonus && config.top_entropy_quantile === 1;
}

/** The usual aliases of the keys that a configuration has. */
function aliasesOf(schema: z.ZodType): Readonly<Record<string, string>> {
  const keys = schema instanceof z.ZodObject ? schema.shape : {};
  return Object.fromEntries(Object.entries(policyAliases).filter(([, key]) => key in keys));
}

/** An objective on completions that the policy sampled. */
export function policyObjective<Config extends PolicyOptions>(parts: PolicyObjectiveParts<Config>): Objective<Config> {
  const { id, summary, source, config: schema, aliases = {}, ratioLevel, containsRolloutRatio = false } = parts;
  const betaOf = parts.lossBeta ?? ((config: Config) => config.beta);
  const advantagesOf = parts.advantages ?? (() => groupAdvantages);
  return {
    id,
    summary,
    source,
    config: schema,
    aliases: { ...aliasesOf(schema), ...aliases },
    requirements: (config) => {
      const beta = betaOf(config);
      const advantages = advantagesOf(config);
      const isPerToken = advantages.advantage === 'global';
      const countsIdleRows = parts.countsIdleRows?.(config) ?? false;
      return {
        ...advantages,
        rollouts: true,
        beta,
        skipsZeroAdvantage: !isPerToken && !countsIdleRows && isIdleAtZero(config, beta),
      };
    },
    state: parts.state ?? adaptiveEntropyState,
    holdsRatio: parts.holdsRatio ?? false,
    loss: (config, batch) =>
      policyLoss({ ...config, beta: betaOf(config) }, batch, {
        tokenLoss: (terms) => parts.tokenLoss(config, terms),
        reduction: parts.reduction(config),
        containsRolloutRatio,
        ...(ratioLevel === undefined ? {} : { ratioLevel }),
      }),
  };
}
