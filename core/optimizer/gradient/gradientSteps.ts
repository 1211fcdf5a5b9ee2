import { z } from 'zod';
import { selectionOptions } from '../parameterGroups.ts';

const clipNorm = z
  .strictObject({
    type: z.literal('clip_norm'),
    max_norm: z.number().positive(),
    norm: z
      .union([z.literal(1), z.literal(2), z.literal('inf')])
      .default(2)
      .describe('Sum of magnitudes, Euclidean, or largest magnitude'),
    per: z
      .enum(['parameter', 'all'])
      .default('parameter')
      .describe('Each by its own norm, or all alike by their common one'),
    ...selectionOptions,
  })
  .refine(
    ({ norm, per, roles, modules }) => !(norm === 2 && per === 'all' && roles === undefined && modules === undefined),
    {
      error: 'training.max_grad_norm clips the Euclidean norm of all gradients together: set that instead',
    },
  );

/** What may be done to gradients, one after the other (`gradient` of an experiment). */
export const gradientSchema = z
  .array(
    z.discriminatedUnion('type', [
      clipNorm,
      z.strictObject({
        type: z.literal('clip_value'),
        max_value: z.number().positive().describe('Values are brought between minus this and this'),
        ...selectionOptions,
      }),
      z.strictObject({ type: z.literal('centralize'), ...selectionOptions }),
      z.strictObject({
        type: z.literal('project'),
        keep: z
          .enum(['away', 'onto'])
          .describe('Take the part in the base’s leading singular directions out, or leave nothing else'),
        rank: z.int().min(1).describe('How many directions of each layer'),
        ...selectionOptions,
      }),
    ]),
  )
  .default([])
  .describe('What is done to gradients, in this order, before training.max_grad_norm clips them');

/** A transformation of gradients as an experiment has it. */
export type GradientStep = z.output<typeof gradientSchema>[number];
