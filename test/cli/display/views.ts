import type { RunView } from '../../../cli/display/runView.ts';
import type { MetricsLine } from '../../../core/runs/metrics.ts';
import { runRecordSchema } from '../../../core/runs/runRecord.ts';
import { someExperiment } from '../../runs/experiment.ts';

const createdAt = '2026-01-31T14:25:01.000Z';

/** A run of ten steps as it looks some time after its start. */
export function someView({ record, ...changes }: { record?: object } & Partial<Omit<RunView, 'record'>> = {}): RunView {
  const experiment = someExperiment();
  return {
    record: runRecordSchema.parse({
      format: 1,
      id: '20260131-142501-trial-k3f9',
      status: 'running',
      createdAt,
      queuedAt: createdAt,
      attempts: [{ startedAt: createdAt, fromStep: 0 }],
      experiment: { ...experiment, training: { ...experiment.training, steps: 10 } },
      source: { file: '/e/a.rlvr.yaml', folder: '/e' },
      method: 'lora',
      ...record,
    }),
    status: 'running',
    folder: '/runs/20260131-142501-trial-k3f9',
    lines: [],
    progress: { phase: 'starting', done: 0, notes: [] },
    isStopping: false,
    now: Date.parse(createdAt) + 5000,
    ...changes,
  };
}

/** The line of a step that took a second or, where it was the first, five. */
export function stepLine(step: number, reward: number): MetricsLine {
  return { step, metrics: { 'reward/mean': reward, 'time/step': step === 1 ? 5 : 1 } };
}

/** The line of an evaluation before the first step that took three seconds. */
export const evaluated: MetricsLine = {
  step: 0,
  metrics: { 'evaluation/accuracy': 0.25, 'evaluation/low': 0.2, 'evaluation/high': 0.3, 'time/evaluation': 3 },
};
