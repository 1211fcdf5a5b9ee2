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
