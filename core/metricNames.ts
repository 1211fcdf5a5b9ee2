/** Names of the metrics that displays look for. */
export const metricNames = {
  reward: 'reward/mean',
  length: 'completion/length_mean',
  entropy: 'entropy',
  gradNorm: 'grad_norm',
  accuracy: 'evaluation/accuracy',
  accuracyLow: 'evaluation/low',
  accuracyHigh: 'evaluation/high',
  stepSeconds: 'time/step',
  evaluationSeconds: 'time/evaluation',
  rolloutThroughput: 'rollout/tokens_per_second',
} as const;

/** Whether a metric depends on the clock or the machine: these are left out when two runs are compared bit for bit. */
export function isMachineMetric(name: string): boolean {
  return name.startsWith('time/') || name.startsWith('memory/') || name.endsWith('tokens_per_second');
}

/**
 * What every optimizer step on sampled completions logs; after an evaluation its accuracy with the interval is there as well. Where the
 * loss has no KL term, `kl` is estimated from a few completions of the generation batch. The gap is that of the tokens whose loss is
 * computed. What is known of a generation batch alone is repeated in each of its steps, but its costs (`time/rollout`, `rollout/tokens`)
 * count in the first; `rollout/tokens_total` is the sum over the run so far.
 */
export const stepMetricNames: readonly string[] = [
  'reward/mean',
  'reward/std',
  'reward/unjudged',
  'reward/failures',
  'reward/zero_variance_groups',
  'completion/length_mean',
  'completion/length_min',
  'completion/length_max',
  'completion/terminated_length_mean',
  'completion/terminated_length_min',
  'completion/terminated_length_max',
  'completion/truncated',
  'entropy',
  'kl',
  'clip_ratio/low_mean',
  'clip_ratio/low_min',
  'clip_ratio/high_mean',
  'clip_ratio/high_max',
  'clip_ratio/region_mean',
  'loss',
  'grad_norm',
  'learning_rate',
  'logps/gap_mean',
  'logps/gap_max',
  'rollout/tokens',
  'rollout/tokens_total',
  'rollout/tokens_per_second',
  'training/tokens_per_second',
  'time/rollout',
  'time/rewards',
  'time/training',
  'time/step',
  'memory/peak_rss_bytes',
];

/** What a step logs of each of the experiment's rewards. */
export function rewardMetricNames(reward: string): readonly string[] {
  return [`reward/${reward}/mean`, `reward/${reward}/std`];
}
