import { z } from 'zod';

/** Options that every policy objective has, with the names and defaults of TRL's GRPOConfig. `null` is read as "not set". */
export const policyOptions = {
  beta: z.number().min(0).default(0).describe('Weight of the KL to the reference policy; 0: no reference is run'),
  kl_estimator: z
    .enum(['k1', 'abs', 'k2', 'k3'])
    .default('k3')
    .describe(
      'Estimate of the KL at a token, of d = reference minus current log-probability: -d, |d|, d²/2, exp(d) - d - 1',
    ),
  use_bias_correction_kl: z
    .boolean()
    .default(true)
    .describe('Multiply the KL estimate by the importance ratio, which makes its gradient unbiased'),
  importance_sampling_level: z
    .enum(['token', 'sequence'])
    .default('token')
    .describe('One importance ratio per token, or one per sequence (GSPO)'),
  top_entropy_quantile: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Only this share of the tokens, those of highest entropy, takes part in the policy loss; 1: all'),
  off_policy_mask_threshold: z
    .number()
    .nullish()
    .describe(
      'Drop sequences of negative advantage whose mean log-probability fell by more than this; unset: keep all',
    ),
  entropy_coef: z.number().min(0).default(0).describe('Weight of the entropy bonus; the start where it is adaptive'),
  use_adaptive_entropy: z.boolean().default(false).describe('Move entropy_coef after each step towards entropy_target'),
  entropy_target: z.number().min(0).default(0.2).describe('Mean entropy in nats at or below which the bonus acts'),
  entropy_coef_delta: z.number().min(0).default(0.005).describe('How far entropy_coef moves in a step'),
  entropy_coef_min: z.number().min(0).default(0),
  entropy_coef_max: z.number().min(0).default(1),
  rollout_correction: z
    .enum(['none', 'token_truncate', 'token_mask', 'sequence_truncate', 'sequence_mask'])
    .default('none')
    .describe(
      'Weight by the ratio of the old policy to the distribution that was sampled: per token or sequence, bounded or cut',
    ),
  rollout_clip_min: z.number().min(0).nullish().describe('Least ratio of rollout_correction; unset: no bound'),
  rollout_clip_max: z
    .number()
    .positive()
    .nullable()
    .default(3)
    .describe('Largest ratio of rollout_correction; null: no bound'),
};

/** The two bounds of the ratio. */
export const clipOptions = {
  epsilon: z.number().min(0).default(0.2).describe('The ratio is clipped at 1 - epsilon'),
  epsilon_high: z.number().min(0).nullish().describe('The ratio is clipped at 1 + epsilon_high; unset: epsilon'),
};

/** The bound of the branch of the surrogate that is not clipped. */
export const deltaOption = {
  delta: z
    .number()
    .positive()
    .nullish()
    .describe('Bound of the ratio where it is not clipped otherwise (two-sided clipping)'),
};

/** Other names users write for the options here, TRL's `vllm_` names among them. */
export const policyAliases: Readonly<Record<string, string>> = {
  epsilon_low: 'epsilon',
  kl_coef: 'beta',
  vllm_importance_sampling_mode: 'rollout_correction',
  vllm_importance_sampling_clip_min: 'rollout_clip_min',
  vllm_importance_sampling_clip_max: 'rollout_clip_max',
};

/** Options that every policy objective has, after validation. */
export type PolicyOptions = z.output<z.ZodObject<typeof policyOptions>>;

/** Whether the bounds among the options are in order; the reason where not. */
function boundsProblem(options: PolicyOptions): string | undefined {
  if (options.entropy_coef_min > options.entropy_coef_max) return 'entropy_coef_min must not be above entropy_coef_max';
  const { rollout_clip_min: least, rollout_clip_max: largest } = options;
  const crossed = typeof least === 'number' && typeof largest === 'number' && least > largest;
  return crossed ? 'rollout_clip_min must not be above rollout_clip_max' : undefined;
}

/** Refuses options whose bounds are crossed; a check of every policy objective's schema. */
export function checkBounds(context: z.core.ParsePayload<PolicyOptions>): void {
  const problem = boundsProblem(context.value);
  if (problem !== undefined) context.issues.push({ code: 'custom', message: problem, input: context.value });
}

/** Configuration of grpo, bnpo, dr_grpo and dapo. */
export const clippedPolicySchema = z
  .strictObject({ ...clipOptions, ...deltaOption, ...policyOptions })
  .check(checkBounds);

/** Configuration of grpo, bnpo, dr_grpo and dapo, after validation. */
export type ClippedPolicyConfig = z.output<typeof clippedPolicySchema>;
