import { z } from 'zod';
import { cordaSchema, evaSchema, initialisation, loftqSchema, loraGaSchema } from './initialisation.ts';
import { checkTargets, queryValueTargets } from './targets.ts';

const perLayer = <Value extends z.ZodType<number>>(value: Value) => z.record(z.string().min(1), value).default({});

/** Options that LoRA and DoRA share, with the names and defaults of PEFT's LoraConfig. The last two are not PEFT's. */
export const loraOptions = {
  r: z.int().min(1).default(8).describe('Rank'),
  lora_alpha: z
    .number()
    .positive()
    .default(8)
    .describe('The update is scaled by lora_alpha / r, or lora_alpha / sqrt r with use_rslora'),
  lora_dropout: z.number().min(0).lt(1).default(0).describe('Dropout on the input of A while training'),
  ...queryValueTargets,
  use_rslora: z.boolean().default(false).describe('Scale by lora_alpha / sqrt r'),
  init_lora_weights: initialisation
    .default(true)
    .describe(
      'How A and B start. true: A uniform, B zero; gaussian: A normal; false: both uniform; orthogonal: both, with B A = 0; the others ' +
        'are the methods of the same names. pissa_niter_N is PiSSA by a randomised SVD',
    ),
  rank_pattern: perLayer(z.int().min(1)).describe('Ranks by regular expression on layer names'),
  alpha_pattern: perLayer(z.number().positive()).describe('The same for lora_alpha'),
  eva_config: evaSchema.optional().describe('Options of init_lora_weights: eva'),
  corda_config: cordaSchema.optional().describe('Options of init_lora_weights: corda'),
  lora_ga_config: loraGaSchema.optional().describe('Options of init_lora_weights: lora_ga'),
  loftq_config: loftqSchema.optional().describe('Options of init_lora_weights: loftq'),
  calibration_batches: z
    .int()
    .min(1)
    .optional()
    .describe('Batches that eva, corda and lora_ga look at before the first step; 8 where left out'),
  allow_excess_rank: z
    .boolean()
    .default(false)
    .describe('Take ranks larger than a layer has room for, as adapters that were converted to plain LoRA may have'),
};

/** These options after validation. */
export type LoraOptions = z.output<z.ZodObject<typeof loraOptions>>;

/** lora_alpha. MiLoRA+ leaves it out, since it is the rank there. */
export function alphaOf(config: { readonly r: number; readonly lora_alpha?: number | undefined }): number {
  return config.lora_alpha ?? config.r;
}

/** Adds what does not fit together to a schema's issues; for `check` of a zod object. */
export function checkLoraOptions(context: z.core.ParsePayload<LoraOptions>): void {
  checkTargets(context);
  const { init_lora_weights: start, r, use_rslora, alpha_pattern, ...rest } = context.value;
  const refuse = (path: string, message: string): void => {
    context.issues.push({ code: 'custom', path: [path], message, input: context.value });
  };
  if (start === 'orthogonal' && r % 2 !== 0) {
    refuse('r', `the orthogonal start halves the rank, so it must be even, not ${r}`);
  }
  if (start !== 'miloraplus') return;
  const alpha = alphaOf({ r, ...rest });
  if (alpha !== r) refuse('lora_alpha', `MiLoRA+ has lora_alpha equal to the rank: ${r}, not ${alpha}`);
  if (use_rslora)
    refuse('use_rslora', 'MiLoRA+ has scaling 1 (lora_alpha equal to the rank), which rsLoRA would change');
  if (Object.keys(alpha_pattern).length > 0) {
    refuse('alpha_pattern', 'MiLoRA+ has lora_alpha equal to the rank in every layer');
  }
}
