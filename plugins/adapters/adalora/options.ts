import { z } from 'zod';
import { checkTargets, queryValueTargets } from '../../../core/lowrank/targets.ts';

const steps = z.int().min(0);
const average = z.number().gt(0).lt(1);

/** The options of AdaLoRA: those of PEFT's AdaLoraConfig that act. */
export const schema = z
  .strictObject({
    init_r: z.int().min(1).default(12).describe('Rank of each layer at the start'),
    target_r: z.int().min(1).default(8).describe('Average rank at the end; below init_r'),
    lora_alpha: z.number().positive().default(8).describe('The update is scaled by lora_alpha / (init_r + 1e-5)'),
    lora_dropout: z.number().min(0).lt(1).default(0).describe('Dropout on the input of A while training'),
    tinit: steps.default(0).describe('Steps before anything is pruned'),
    tfinal: steps.default(0).describe('Steps at the end in which the ranks stay as they are'),
    deltaT: z.int().min(1).default(1).describe('Steps from one allocation to the next'),
    beta1: average.default(0.85).describe('Decay of the average importance'),
    beta2: average.default(0.85).describe('Decay of the average deviation of the importance'),
    orth_reg_weight: z.number().min(0).default(0.5).describe('Weight of the penalty that keeps A and B orthogonal'),
    total_step: z
      .int()
      .min(1)
      .nullish()
      .describe('Steps of the schedule; those of the run where it is not set (PEFT has no default)'),
    init_lora_weights: z.boolean().default(true).describe('true: A and B small, E zero; false: all standard normal'),
    ...queryValueTargets,
  })
  .check(checkTargets);

/** A validated configuration. */
export type Config = z.output<typeof schema>;

/** The trained tensors of a layer: B [out, r], E [r, 1] and A [r, in] of B diag(E) A. */
export const factors = ['lora_A', 'lora_B', 'lora_E'] as const;

/** One of them. */
export type Factor = (typeof factors)[number];

/** What is decided for a layer. */
export interface LayerOptions {
  readonly rank: number;
  readonly scaling: number;
  readonly dropout: number;
  readonly startsAtBase: boolean;
  readonly shapes: Readonly<Record<Factor, readonly [number, number]>>;
}

/** Which triplets of a layer are kept: 1 or 0, [r, 1]. */
export const MASK = 'rank_mask';

/** Steps of the schedule that the adapter was last trained with, [1]; 0 before the first step. PEFT stores it. */
export const TOTAL_STEP = 'total_step';
