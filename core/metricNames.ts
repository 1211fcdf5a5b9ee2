/**
 * Names of the metrics that displays look for. What depends on the clock or the machine (`time/`, `memory/`, `tokens_per_second`) is left
 * out when two runs are compared bit for bit.
 */
export const metricNames = {
  reward: 'reward/mean',
  length: 'completion/length_mean',
  entropy: 'entropy',
  gradNorm: 'grad_norm',
  accuracy: 'evaluation/accuracy',
  accuracyLow: 'evaluation/low',
  accuracyHigh: 'evaluation/high',
  stepSeconds: 'time/step',
  rolloutThroughput: 'rollout/tokens_per_second',
} as const;
