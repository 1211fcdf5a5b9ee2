import { z } from 'zod';
import { curriculumStateSchema } from './curriculum.ts';

const count = z.int().min(0);

const bestSchema = z.object({
  step: count,
  accuracy: z.number().min(0).max(1).describe('On the selection split'),
});

/** What a training carries from one generation batch to the next beside the learner's state; kept in checkpoints. */
export const trainingProgressSchema = z.object({
  tokens: count.default(0).describe('Of all completions sampled for training so far'),
  batches: count.default(0).describe('Batches sampled or read so far, those that were refilled included'),
  problems: count.default(0).describe('Place in the order of the data'),
  curriculum: curriculumStateSchema.prefault({}),
  best: bestSchema.optional().describe('The policy with the highest accuracy on the selection split'),
  improved: z.number().optional().describe('Accuracy at the last improvement'),
  stale: count.default(0).describe('Evaluations on the selection split since the last improvement'),
});

/** What a training carries from one generation batch to the next beside the learner's state; kept in checkpoints. */
export type TrainingProgress = Readonly<z.output<typeof trainingProgressSchema>>;

/** Before the first step. */
export const startOfProgress: TrainingProgress = trainingProgressSchema.parse({});
