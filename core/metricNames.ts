/**
 * Names of metrics that displays look for. Those of the policy, the rewards and the completions are TRL's. What depends on the clock or the
 * machine stands under `time/` and `memory/` and is left out when two runs are compared bit for bit.
 */
export const metricNames = {
  reward: 'reward',
  rewardStd: 'reward_std',
  zeroVarianceGroups: 'frac_reward_zero_std',
  length: 'completions/mean_length',
  truncated: 'completions/clipped_ratio',
  entropy: 'entropy',
  kl: 'kl',
  loss: 'loss',
  gradNorm: 'grad_norm',
  learningRate: 'learning_rate',
  logpGap: 'logps/gap_max',
  accuracy: 'evaluation/accuracy',
  accuracyLow: 'evaluation/accuracy_low',
  accuracyHigh: 'evaluation/accuracy_high',
  stepSeconds: 'time/step',
  rolloutSeconds: 'time/rollout',
  trainingSeconds: 'time/training',
  rolloutThroughput: 'time/rollout_tokens_per_second',
  trainingThroughput: 'time/training_tokens_per_second',
  memory: 'memory/resident_bytes',
} as const;
