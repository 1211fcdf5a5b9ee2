import { z } from 'zod';
import { RlvrError } from '../errors.ts';

/** How RoPE's frequencies are changed for contexts longer than the model was first trained on. */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    };

/** The part of a decoder's configuration that fixes RoPE's frequencies. */
export interface RopeConfig {
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | undefined;
}

const supported = ['default', 'linear', 'llama3'];
const DEFAULT_THETA = 10000;

const positive = z.number().positive().max(1e12);
const parameters = z.looseObject({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: z.number().nullish(),
});

/** The keys of config.json about RoPE: transformers 4 has `rope_theta` and `rope_scaling`, transformers 5 `rope_parameters`. */
export const ropeFields = {
  rope_theta: positive.nullish(),
  rope_scaling: parameters.nullish(),
  rope_parameters: parameters.nullish(),
  partial_rotary_factor: z.number().nullish(),
  original_max_position_embeddings: positive.nullish(),
};

const linearSchema = z.object({ factor: positive });
const llama3Schema = z
  .object({
    factor: positive,
    low_freq_factor: positive,
    high_freq_factor: positive,
    original_max_position_embeddings: positive.nullish(),
  })
  .refine(
    (scaling) => scaling.high_freq_factor > scaling.low_freq_factor,
    'expected high_freq_factor above low_freq_factor',
  );

type Fields = z.infer<z.ZodObject<typeof ropeFields>> & { readonly max_position_embeddings?: number | undefined };

/**
 * RoPE's parameters from either layout, in the order of precedence of transformers: `rope_scaling` before `rope_parameters`, and a theta
 * inside them before one at the top level.
 *
 * @throws RlvrError `model/unsupported` for other kinds of scaling, `model/invalid-config` for impossible values
 */
export function parseRope(fields: Fields, file: string): RopeConfig {
  const rope = fields.rope_scaling ?? fields.rope_parameters ?? {};
  const type = rope.rope_type ?? rope.type ?? 'default';
  const rotated = rope.partial_rotary_factor ?? fields.partial_rotary_factor ?? 1;
  if (!supported.includes(type)) {
    const problem = `${file}: RoPE of type ${JSON.stringify(type)} is not supported; choices: ${supported.join(', ')}`;
    throw new RlvrError('model/unsupported', problem, { path: file, choices: supported });
  }
  if (rotated !== 1) {
    throw new RlvrError('model/unsupported', `${file}: partial_rotary_factor ${rotated} is not supported; choices: 1`, {
      path: file,
    });
  }
  return {
    ropeTheta: rope.rope_theta ?? fields.rope_theta ?? DEFAULT_THETA,
    ropeScaling: parseScaling(type, rope, fields, file),
  };
}

function parseScaling(type: string, rope: object, fields: Fields, file: string): RopeScaling | undefined {
  if (type === 'linear') return { type, factor: parse(linearSchema, rope, file).factor };
  if (type !== 'llama3') return undefined;
  const scaling = parse(llama3Schema, rope, file);
  const original =
    fields.original_max_position_embeddings ??
    scaling.original_max_position_embeddings ??
    fields.max_position_embeddings;
  if (original === undefined) {
    throw new RlvrError('model/invalid-config', `${file}: llama3 RoPE has no original_max_position_embeddings`, {
      path: file,
    });
  }
  return {
    type,
    factor: scaling.factor,
    lowFreqFactor: scaling.low_freq_factor,
    highFreqFactor: scaling.high_freq_factor,
    originalMaxPositionEmbeddings: original,
  };
}

function parse<Schema extends z.ZodType>(schema: Schema, rope: object, file: string): z.infer<Schema> {
  const result = schema.safeParse(rope);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => [...issue.path, issue.message].join(': '));
  throw new RlvrError('model/invalid-config', `${file}: RoPE parameters: ${problems.join('; ')}`, { path: file });
}
