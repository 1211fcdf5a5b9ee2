import type { MetricsLine } from '../runs/metrics.ts';
import type { Unit } from './formatValue.ts';
import type { SeriesSource } from './series.ts';

/** Part of the report that a chart belongs to. */
export type ChartSection = 'learning' | 'policy' | 'cost';

/** How a chart over steps looks and what it says of itself. */
export interface ChartLook {
  readonly title: string;
  /** One sentence for a reader who does not know the quantity. */
  readonly explanation: string;
  readonly unit: Unit;
  readonly scale?: 'logarithmic';
  /** Values that the axis always holds. */
  readonly holds?: readonly number[];
  /** A limit drawn across the chart. */
  readonly bound?: { readonly label: string; readonly value: number };
}

/** A chart of a run's metrics over steps. */
export interface ChartDescription extends ChartLook {
  readonly section: ChartSection;
  readonly sources: readonly SeriesSource[];
}

const plain = (label: string, metric: string): SeriesSource => ({ label, metric });

function matching(lines: readonly MetricsLine[], pattern: RegExp): readonly { name: string; metric: string }[] {
  const metrics = new Set(lines.flatMap(({ metrics: values }) => Object.keys(values)));
  return [...metrics].sort().flatMap((metric) => {
    const name = pattern.exec(metric)?.[1];
    return name === undefined ? [] : [{ name, metric }];
  });
}

function learningCharts(lines: readonly MetricsLine[]): readonly Omit<ChartDescription, 'section'>[] {
  const components = matching(lines, /^reward\/([^/]+)\/mean$/u);
  const others = matching(lines, /^evaluation\/([^/]+)\/accuracy$/u);
  return [
    {
      title: 'Reward',
      explanation: 'Mean over a step’s completions; the band is one standard deviation.',
      unit: 'plain',
      sources: [
        { label: 'total', metric: 'reward/mean', range: { deviation: 'reward/std' } },
        ...(components.length > 1 ? components.map(({ name, metric }) => plain(name, metric)) : []),
      ],
    },
    {
      title: 'Accuracy on held-out problems',
      explanation: 'Share of answers that are right, with its 95 % interval.',
      unit: 'fraction',
      holds: [0],
      sources: [
        {
          label: 'like the data trained on',
          metric: 'evaluation/accuracy',
          range: { kind: 'interval', low: 'evaluation/low', high: 'evaluation/high' },
        },
        ...others.map(({ name, metric }): SeriesSource => ({
          label: name,
          metric,
          range: { kind: 'interval', low: `evaluation/${name}/low`, high: `evaluation/${name}/high` },
        })),
      ],
    },
    {
      title: 'Completion length',
      explanation: 'Tokens; the band reaches from the shortest to the longest completion.',
      unit: 'tokens',
      holds: [0],
      sources: [
        {
          label: 'all',
          metric: 'completion/length_mean',
          range: { kind: 'band', low: 'completion/length_min', high: 'completion/length_max' },
        },
        plain('ended by themselves', 'completion/terminated_length_mean'),
      ],
    },
    {
      title: 'Samples without a signal',
      explanation: 'Groups whose rewards are all equal teach nothing; truncated completions never gave an answer.',
      unit: 'fraction',
      holds: [0],
      sources: [
        plain('groups of equal reward', 'reward/zero_variance_groups'),
        plain('truncated completions', 'completion/truncated'),
      ],
    },
  ];
}

function policyCharts(gapBound: number | undefined): readonly Omit<ChartDescription, 'section'>[] {
  return [
    {
      title: 'Entropy',
      explanation: 'Mean over tokens of the policy’s entropy; near 0 it no longer explores.',
      unit: 'nats',
      holds: [0],
      sources: [plain('entropy', 'entropy')],
    },
    {
      title: 'KL from the reference',
      explanation: 'How far the policy has moved from where it started.',
      unit: 'nats',
      holds: [0],
      sources: [
        plain('of the completions trained on', 'kl'),
        plain('from the base, of those evaluated', 'evaluation/kl'),
      ],
    },
    {
      title: 'Clipped tokens',
      explanation: 'Share of tokens whose probability ratio left the trust region.',
      unit: 'fraction',
      holds: [0],
      sources: [
        plain('either side', 'clip_ratio/region_mean'),
        plain('below', 'clip_ratio/low_mean'),
        plain('above', 'clip_ratio/high_mean'),
      ],
    },
    {
      title: 'Gradient norm',
      explanation: 'Before clipping.',
      unit: 'plain',
      holds: [0],
      sources: [plain('gradient norm', 'grad_norm')],
    },
    {
      title: 'Loss',
      explanation: 'Of the objective; it need not fall.',
      unit: 'plain',
      sources: [plain('loss', 'loss')],
    },
    {
      title: 'Learning rate',
      explanation: 'As the schedule sets it.',
      unit: 'plain',
      holds: [0],
      sources: [plain('learning rate', 'learning_rate')],
    },
    {
      title: 'Sampler against trainer',
      explanation:
        'Difference of a token’s log-probability when sampled and when trained on; beyond the bound the run stops.',
      unit: 'nats',
      scale: 'logarithmic',
      sources: [plain('largest', 'logps/gap_max'), plain('mean', 'logps/gap_mean')],
      ...(gapBound === undefined ? {} : { bound: { label: 'bound', value: gapBound } }),
    },
  ];
}

const costCharts: readonly Omit<ChartDescription, 'section'>[] = [
  {
    title: 'Throughput',
    explanation: 'Tokens sampled and tokens trained on, each by its own time.',
    unit: 'tokensPerSecond',
    holds: [0],
    sources: [plain('rollout', 'rollout/tokens_per_second'), plain('training', 'training/tokens_per_second')],
  },
  {
    title: 'Time per step',
    explanation: 'Wall-clock time; a step that is evaluated or saved takes longer.',
    unit: 'seconds',
    holds: [0],
    sources: [plain('whole step', 'time/step'), plain('rollout', 'time/rollout'), plain('training', 'time/training')],
  },
  {
    title: 'Memory',
    explanation: 'Largest resident memory of the training process so far.',
    unit: 'bytes',
    holds: [0],
    sources: [plain('peak', 'memory/peak_rss_bytes')],
  },
];

/** Every chart that a run of these metrics could have, in order. `gapBound`: the largest log-probability gap allowed. */
export function chartCatalog(lines: readonly MetricsLine[], gapBound: number | undefined): readonly ChartDescription[] {
  const sections: readonly [ChartSection, readonly Omit<ChartDescription, 'section'>[]][] = [
    ['learning', learningCharts(lines)],
    ['policy', policyCharts(gapBound)],
    ['cost', costCharts],
  ];
  return sections.flatMap(([section, charts]) => charts.map((chart) => ({ section, ...chart })));
}
