import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { learningRateAt, scheduleSchema } from '../../core/training/schedule.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';

interface ScheduleCase {
  readonly name: string;
  readonly lr: number;
  readonly warmup: number;
  readonly total: number;
  readonly kwargs?: Record<string, unknown>;
  readonly lr_at_step: readonly number[];
}

const file = ['optim', 'schedules.json'];

describe('optim/schedules', () => {
  if (!hasGolden(...file)) {
    it.skip(`no ${file.join('/')} in the golden folder`);
    return;
  }
  const { cases } = JSON.parse(readFileSync(goldenPath(...file), 'utf8')) as { cases: ScheduleCase[] };
  it.each(cases.map((entry, index) => ({ entry, index })))(
    '$index: $entry.name, warm-up $entry.warmup of $entry.total',
    ({ entry }) => {
      const warmup = entry.name === 'constant' ? {} : { warmup_steps: entry.warmup };
      const schedule = scheduleSchema.parse({ type: entry.name, ...warmup, ...entry.kwargs });
      for (const [step, expected] of entry.lr_at_step.entries()) {
        const rate = learningRateAt(schedule, step, entry.total, entry.lr);
        expect(Math.abs(rate - expected), `step ${step}`).toBeLessThanOrEqual(1e-14 * entry.lr);
      }
    },
  );
});
