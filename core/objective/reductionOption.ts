import { z } from 'zod';

/** The choice of a reduction, where an objective's paper fixes none. */
export const reductionOption = {
  reduction: z
    .enum(['token_mean', 'micro_batch_token_mean', 'sequence_mean', 'sequence_sum', 'constant_length'])
    .default('token_mean')
    .describe('How token losses become one number: as dapo, bnpo, grpo, luspo or dr_grpo do'),
};
