import { z } from 'zod';

const beta = z.number().min(0).lt(1);

/** Options of every optimizer of Adam's kind. */
export const adamOptions = {
  betas: z.tuple([beta, beta]).default([0.9, 0.999]).describe('Decay of the averages of gradient and squared gradient'),
  eps: z.number().positive().default(1e-8),
};
