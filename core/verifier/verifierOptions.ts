import { z } from 'zod';

const anchors = z
  .boolean()
  .default(true)
  .describe('Also where no words announce an answer, as "the answer is" does; false: only boxes and announced answers');

const normalization = z.strictObject({
  basic_latex: z.boolean().default(true),
  units: z.boolean().default(true),
  malformed_operators: z.boolean().default(true).describe('Whether `\\frac12` and `\\sqrt2` are understood'),
  nits: z.boolean().default(true),
  boxed: z.union([z.boolean(), z.enum(['all', 'last', 'none'])]).default('all'),
  equations: z.boolean().default(false),
});

const latexExtraction = z.strictObject({
  type: z.literal('latex'),
  boxed_match_priority: z
    .int()
    .min(-1)
    .default(50)
    .describe('Rank of boxes; "the final answer is" has 50, other announcements 100 and 200. 0: boxes first; -1: none'),
  boxes: z
    .enum(['joined', 'near'])
    .default('joined')
    .describe(
      'Boxes that are one list: those joined by commas, "and", "or"; or all that are near, as Math-Verify does',
    ),
  try_extract_without_anchor: anchors,
  normalization: normalization.optional().describe('Math-Verify’s switches; malformed_operators alone has an effect'),
});

const exprExtraction = z.strictObject({ type: z.literal('expr'), try_extract_without_anchor: anchors });

const stringExtraction = z.strictObject({
  type: z.literal('string'),
  strings: z.array(z.string().min(1).max(200)).min(1).max(1000).default(['A', 'B', 'C', 'D']).describe('The choices'),
  lowercase: z.boolean().default(true).describe('Letter case does not matter'),
  try_extract_without_anchor: anchors,
});

const extraction = z.discriminatedUnion('type', [latexExtraction, exprExtraction, stringExtraction]);

/** How answers are found and compared; keys, meanings and defaults are Math-Verify's, but for `boxes` and `thoughts`. */
export const verifierOptionsSchema = z.strictObject({
  extraction: z
    .array(extraction)
    .min(1)
    .max(10)
    .prefault([{ type: 'latex' }, { type: 'expr' }])
    .describe('Kinds of answers that are looked for: latex (boxes, maths), expr (formulas, numbers), string (choices)'),
  precision: z
    .int()
    .min(0)
    .max(15)
    .default(6)
    .describe('Decimal places to which a decimal must agree with an exact value'),
  strict: z.boolean().default(true).describe('Names of variables matter, and a set is no tuple'),
  allow_set_relation_comp: z
    .boolean()
    .default(false)
    .describe('Whether a relation such as x > 3 answers a reference that is a set'),
  fallback_mode: z
    .enum(['first_match', 'no_fallback'])
    .default('first_match')
    .describe('Whether an answer that cannot be read is kept as text'),
  extraction_mode: z
    .enum(['any_match', 'first_match'])
    .default('any_match')
    .describe('Whether the next place is tried where the first holds nothing readable'),
  thoughts: z.boolean().default(true).describe('An answer after </think> counts before any within the thoughts'),
});

/** Options of the verifier, all filled in. */
export type VerifierOptions = z.output<typeof verifierOptionsSchema>;

/** One entry of `extraction`. */
export type ExtractionTarget = VerifierOptions['extraction'][number];

/** The options where nothing is said. */
export const defaultVerifierOptions: VerifierOptions = verifierOptionsSchema.parse({});
