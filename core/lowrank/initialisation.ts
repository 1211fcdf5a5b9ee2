import { z } from 'zod';

/** Options of EVA, as in PEFT's EvaConfig (arXiv 2410.07170). */
export const evaSchema = z.strictObject({
  rho: z.number().min(1).default(2).describe('A layer gets at most rho times its rank; 1: ranks stay as they are'),
  tau: z
    .number()
    .min(0)
    .max(1)
    .default(0.99)
    .describe('Components count as found once their cosine to those of the batch before reaches this'),
  use_label_mask: z.boolean().default(true).describe('PEFT’s; says nothing here, where calibration has no labels'),
  label_mask_value: z.int().default(-100).describe('PEFT’s; says nothing here'),
  whiten: z.boolean().default(false).describe('Divide each component by the square root of its singular value'),
  adjust_scaling_factors: z
    .boolean()
    .default(true)
    .describe('Let lora_alpha grow and shrink with a layer’s rank, so that the scaling stays'),
});

/** Options of CorDA, as in PEFT's CordaConfig (arXiv 2406.05223). */
export const cordaSchema = z.strictObject({
  corda_method: z
    .enum(['ipm', 'kpm'])
    .default('ipm')
    .describe('ipm: train the directions that matter most to the calibration; kpm: those that matter least'),
});

/** Options of LoRA-GA, as in PEFT's LoraGAConfig (arXiv 2407.05000). */
export const loraGaSchema = z.strictObject({
  direction: z
    .enum(['ArBr', 'A2rBr', 'ArB2r', 'random'])
    .default('ArB2r')
    .describe('Which of the first 2 r singular vectors of the gradient A and B take'),
  scale: z.enum(['stable', 'weight_svd', 'gd_scale', 'unit']).default('stable').describe('How large A and B are'),
  stable_gamma: z.number().positive().default(16).describe('B is scaled by out^(1/4) / sqrt(stable_gamma) in "stable"'),
});

/** Options of LoftQ, as in PEFT's LoftQConfig (arXiv 2310.08659). */
export const loftqSchema = z.strictObject({
  loftq_bits: z
    .literal([2, 4, 8])
    .default(4)
    .describe('Bits of the frozen weight. 2 and 4: normal float in blocks of 64; 8: steps of equal size, row by row'),
  loftq_iter: z.int().min(1).default(1).describe('Times that quantisation and SVD take turns'),
});

/** How A and B start: what PEFT's `init_lora_weights` takes, and four starts that PEFT does not have. */
export const initialisation = z.union([
  z.literal([
    true,
    false,
    'gaussian',
    'orthogonal',
    'olora',
    'pissa',
    'milora',
    'miloraplus',
    'rlpo',
    'rlmo',
    'eva',
    'lora_ga',
    'corda',
    'loftq',
  ]),
  z.templateLiteral(['pissa_niter_', z.string().regex(/^\d{1,3}$/)]),
]);

/** A value of `init_lora_weights`. */
export type Initialisation = z.output<typeof initialisation>;

/** Which start a layer gets and its options; those that are left out are PEFT's defaults. */
export interface StartSettings {
  readonly init_lora_weights: Initialisation;
  readonly corda_config?: z.output<typeof cordaSchema> | undefined;
  readonly lora_ga_config?: z.output<typeof loraGaSchema> | undefined;
  readonly loftq_config?: z.output<typeof loftqSchema> | undefined;
  /** EVA's components of this layer [rank, in], which are found over all layers at once. */
  readonly components?: Float32Array | undefined;
}
