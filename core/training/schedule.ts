import { z } from 'zod';
import { RlvrError } from '../errors.ts';

const warmupSteps = z
  .number()
  .min(0)
  .default(0)
  .describe('Steps over which the rate rises to its peak; below 1: this share of all steps, rounded up');
const cycles = z.number().positive();
const minimumRate = {
  warmup_steps: warmupSteps,
  num_cycles: cycles.default(0.5).describe('Waves of the cosine; 0.5 falls once'),
  min_lr: z.number().min(0).optional().describe('Rate at the bottom of the wave; give this or min_lr_rate'),
  min_lr_rate: z.number().min(0).max(1).optional().describe('The same as a share of the peak'),
};
const shape = z.enum(['linear', 'cosine', '1-sqrt']);

function givesOneMinimum(options: { min_lr?: number | undefined; min_lr_rate?: number | undefined }): boolean {
  return (options.min_lr === undefined) !== (options.min_lr_rate === undefined);
}
const oneMinimum = 'give exactly one of min_lr and min_lr_rate';

/**
 * Configuration of a learning-rate schedule: names, options and defaults of transformers' `lr_scheduler_type` and
 * `lr_scheduler_kwargs`. Left out: those that follow a metric instead of the step (`reduce_lr_on_plateau`, `greedy`).
 */
export const scheduleSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('constant') }),
    z.strictObject({ type: z.literal('constant_with_warmup'), warmup_steps: warmupSteps }),
    z.strictObject({ type: z.literal('linear'), warmup_steps: warmupSteps }),
    z.strictObject({ type: z.literal('cosine'), warmup_steps: warmupSteps, num_cycles: minimumRate.num_cycles }),
    z.strictObject({
      type: z.literal('cosine_with_restarts'),
      warmup_steps: warmupSteps,
      num_cycles: cycles.default(1).describe('Falls, each from the peak'),
    }),
    z
      .strictObject({ type: z.literal('cosine_with_min_lr'), ...minimumRate })
      .refine(givesOneMinimum, { error: oneMinimum }),
    z
      .strictObject({
        type: z.literal('cosine_warmup_with_min_lr'),
        ...minimumRate,
        warmup_lr_rate: z.number().min(0).max(1).optional().describe('Rate of the first step as a share of the peak'),
      })
      .refine(givesOneMinimum, { error: oneMinimum }),
    z.strictObject({
      type: z.literal('polynomial'),
      warmup_steps: warmupSteps,
      lr_end: z.number().min(0).default(1e-7).describe('Rate after the last step'),
      power: z.number().positive().default(1),
    }),
    z.strictObject({
      type: z.literal('inverse_sqrt'),
      warmup_steps: warmupSteps,
      timescale: z.number().positive().optional().describe('Steps to fall to 1/sqrt(2); warmup_steps, else 10000'),
    }),
    z.strictObject({
      type: z.literal('warmup_stable_decay'),
      warmup_steps: warmupSteps,
      num_decay_steps: z.int().min(0).describe('Steps of the final decay'),
      num_stable_steps: z.int().min(0).optional().describe('Steps at the peak; what is left of all steps'),
      warmup_type: shape.default('linear'),
      decay_type: shape.default('cosine'),
      min_lr_ratio: z.number().min(0).max(1).default(0).describe('Share of the peak at the start and at the end'),
      num_cycles: minimumRate.num_cycles,
    }),
  ])
  .default({ type: 'linear', warmup_steps: 0 })
  .describe('How the learning rate changes over the steps');

/** A learning-rate schedule after validation. */
export type Schedule = z.output<typeof scheduleSchema>;

/** 1 to -1 to 1 becomes 1 to 0 to 1: one wave per unit of `waves`. */
function wave(waves: number): number {
  return 0.5 * (1 + Math.cos(2 * Math.PI * waves));
}

/** How far a ramp of the warm-up has come, for `progress` from 0 to 1. */
function ramp(kind: z.output<typeof shape>, progress: number): number {
  if (kind === 'linear') {
    return progress;
  }
  return kind === 'cosine' ? 0.5 * (1 - Math.cos(Math.PI * progress)) : 1 - Math.sqrt(1 - progress);
}

function above(minimum: number, factor: number): number {
  return Math.max(0, factor * (1 - minimum) + minimum);
}

function stableThenDecay(
  schedule: Extract<Schedule, { type: 'warmup_stable_decay' }>,
  step: number,
  totalSteps: number,
  warmup: number,
): number {
  const decay = schedule.num_decay_steps;
  const stable = schedule.num_stable_steps ?? totalSteps - warmup - decay;
  const minimum = schedule.min_lr_ratio;
  if (step < warmup) {
    return above(minimum, ramp(schedule.warmup_type, step / warmup));
  }
  if (step < warmup + stable) {
    return 1;
  }
  if (step >= warmup + stable + decay) {
    return minimum;
  }
  const progress = (step - warmup - stable) / decay;
  if (schedule.decay_type === 'cosine') {
    return above(minimum, wave(schedule.num_cycles * progress));
  }
  return above(minimum, 1 - (schedule.decay_type === 'linear' ? progress : Math.sqrt(progress)));
}

/** The rate of the one schedule that warms up to its peak in the last step of the warm-up and falls from the first one after. */
function warmupFromFirstStep(
  schedule: Extract<Schedule, { type: 'cosine_warmup_with_min_lr' }>,
  step: number,
  totalSteps: number,
  warmup: number,
  minimum: number,
): number {
  if (step >= warmup) {
    return above(minimum, wave((schedule.num_cycles * (step - warmup + 1)) / Math.max(1, totalSteps - warmup)));
  }
  const first = schedule.warmup_lr_rate;
  return first === undefined ? (step + 1) / warmup : first + ((1 - first) * step) / Math.max(1, warmup - 1);
}

function polynomialDecay(
  schedule: Extract<Schedule, { type: 'polynomial' }>,
  progress: number,
  learningRate: number,
): number {
  const end = schedule.lr_end / learningRate;
  return progress >= 1 ? end : (1 - end) * (1 - progress) ** schedule.power + end;
}

/**
 * The learning rate of optimizer step `step`, counted from 0, of `totalSteps`. `learningRate` is the peak; parameter groups with a
 * peak of their own take the same share of it. Steps beyond the last one continue the formula, as transformers does.
 *
 * @throws RlvrError `config/invalid` where the schedule cannot work with this peak.
 */
export function learningRateAt(schedule: Schedule, step: number, totalSteps: number, learningRate: number): number {
  return learningRate * factorAt(schedule, step, totalSteps, learningRate);
}

function factorAt(schedule: Schedule, step: number, totalSteps: number, learningRate: number): number {
  if (schedule.type === 'constant') {
    return 1;
  }
  const share = schedule.warmup_steps;
  const warmup = share < 1 ? Math.ceil(totalSteps * share) : Math.floor(share);
  if (schedule.type === 'warmup_stable_decay') {
    return stableThenDecay(schedule, step, totalSteps, warmup);
  }
  if (schedule.type === 'cosine_warmup_with_min_lr') {
    const minimum = schedule.min_lr_rate ?? (schedule.min_lr ?? 0) / learningRate;
    return warmupFromFirstStep(schedule, step, totalSteps, warmup, minimum);
  }
  if (schedule.type === 'polynomial' && schedule.lr_end >= learningRate) {
    const problem = `The polynomial schedule ends at lr_end ${schedule.lr_end}, which must be below the learning rate ${learningRate}.`;
    throw new RlvrError('config/invalid', problem, { lr_end: schedule.lr_end, learning_rate: learningRate });
  }
  if (step < warmup) {
    return step / warmup;
  }
  const progress = (step - warmup) / Math.max(1, totalSteps - warmup);
  switch (schedule.type) {
    case 'constant_with_warmup':
      return 1;
    case 'linear':
      return Math.max(0, 1 - progress);
    case 'cosine':
      return Math.max(0, wave(schedule.num_cycles * progress));
    case 'cosine_with_restarts':
      return progress >= 1 ? 0 : wave(((schedule.num_cycles * progress) % 1) / 2);
    case 'cosine_with_min_lr':
      return above(schedule.min_lr_rate ?? (schedule.min_lr ?? 0) / learningRate, wave(schedule.num_cycles * progress));
    case 'polynomial':
      return polynomialDecay(schedule, progress, learningRate);
    case 'inverse_sqrt': {
      const timescale = schedule.timescale ?? (warmup === 0 ? 10_000 : warmup);
      return 1 / Math.sqrt((step - warmup + timescale) / timescale);
    }
  }
}
