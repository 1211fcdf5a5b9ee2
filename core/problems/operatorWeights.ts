import { z } from 'zod';

const weight = z.number().min(0).max(1e6);

/** Weights by operator. */
type OperatorWeights<Operator extends string> = z.ZodType<Readonly<Partial<Record<Operator, number>>>>;

/** How often a generator draws each of some operators, relative to the others: an option with at least one weight above 0. */
export function operatorWeights<Operator extends string>(operators: readonly Operator[]): OperatorWeights<Operator> {
  return z
    .partialRecord(z.enum(operators), weight)
    .refine(
      (weights) => Object.values(weights).some((value) => Number(value) > 0),
      'give at least one operator a weight above 0',
    );
}
