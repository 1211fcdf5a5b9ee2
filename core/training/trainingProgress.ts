import { z } from 'zod';

const count = z.int().min(0);

/** What a training carries from one generation batch to the next beside the learner's state; kept in checkpoints. */
export const trainingProgressSchema = z.object({
  tokens: count.default(0).describe('Of all completions sampled for training so far'),
});

/** What a training carries from one generation batch to the next beside the learner's state; kept in checkpoints. */
export type TrainingProgress = Readonly<z.output<typeof trainingProgressSchema>>;

/** Before the first step. */
export const startOfProgress: TrainingProgress = trainingProgressSchema.parse({});
