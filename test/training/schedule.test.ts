import { describe, expect, it } from 'vitest';
import { RlvrError } from '../../core/errors.ts';
import { learningRateAt, scheduleSchema, type Schedule } from '../../core/training/schedule.ts';

const everyType: readonly Schedule[] = [
  { type: 'constant' },
  { type: 'constant_with_warmup' },
  { type: 'linear' },
  { type: 'cosine' },
  { type: 'cosine_with_restarts' },
  { type: 'cosine_with_min_lr', min_lr_rate: 0.1 },
  { type: 'cosine_warmup_with_min_lr', min_lr: 1e-5 },
  { type: 'polynomial' },
  { type: 'inverse_sqrt' },
  { type: 'warmup_stable_decay', num_decay_steps: 2 },
].map((options) => scheduleSchema.parse(options));

describe('scheduleSchema', () => {
  it('falls linearly without warm-up by default', () => {
    expect(scheduleSchema.parse(undefined)).toEqual({ type: 'linear', warmup_steps: 0 });
  });

  it.each([
    { type: 'sawtooth' },
    { type: 'linear', warmup: 3 },
    { type: 'linear', warmup_steps: -1 },
    { type: 'cosine_with_min_lr' },
    { type: 'cosine_with_min_lr', min_lr: 1e-5, min_lr_rate: 0.1 },
    { type: 'warmup_stable_decay' },
    { type: 'warmup_stable_decay', num_decay_steps: 5, decay_type: 'square' },
  ])('refuses %j', (options) => {
    expect(scheduleSchema.safeParse(options).success).toBe(false);
  });
});

describe('learningRateAt', () => {
  it.each(everyType)('$type never leaves [0, peak] and is finite in runs of 1 to 5 steps', (schedule) => {
    for (let total = 1; total <= 5; total++) {
      for (let step = 0; step <= total + 1; step++) {
        const rate = learningRateAt(schedule, step, total, 1e-3);
        expect(rate).toBeGreaterThanOrEqual(0);
        expect(rate).toBeLessThanOrEqual(1e-3 * (1 + 1e-12));
      }
    }
  });

  it('takes a warm-up below 1 as a share of all steps, rounded up', () => {
    const share = scheduleSchema.parse({ type: 'linear', warmup_steps: 0.05 });
    const steps = scheduleSchema.parse({ type: 'linear', warmup_steps: 2 });
    for (let step = 0; step < 30; step++) {
      expect(learningRateAt(share, step, 30, 1)).toBe(learningRateAt(steps, step, 30, 1));
    }
  });

  it('refuses a polynomial that would rise', () => {
    const schedule = scheduleSchema.parse({ type: 'polynomial', lr_end: 1e-3 });
    expect(() => learningRateAt(schedule, 0, 10, 1e-3)).toThrow(RlvrError);
  });
});
