import { z } from 'zod';

/** Options of gradient descent with momentum. */
export const sgdOptions = {
  momentum: z.number().min(0).lt(1).default(0),
  dampening: z.number().min(0).max(1).default(0).describe('Share of the gradient that does not enter the momentum'),
  nesterov: z.boolean().default(false),
};

/** Options of gradient descent with momentum, after validation. */
export type SgdOptions = z.output<z.ZodObject<typeof sgdOptions>>;

/** Whether Nesterov's variant, if it is asked for, has what it needs. */
export function nesterovIsPossible({ momentum, dampening, nesterov }: SgdOptions): boolean {
  return !nesterov || (momentum > 0 && dampening === 0);
}

/** What Nesterov's variant needs. */
export const nesterovNeeds = 'nesterov needs a momentum above 0 and no dampening';
