import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toJsonSchema } from '../../core/experiment/jsonSchema.ts';
import { pluginOptions, typeInWords } from '../../core/experiment/pluginOptions.ts';

describe('typeInWords', () => {
  it.each<[z.ZodType, string]>([
    [z.int(), 'whole number'],
    [z.int().min(1), 'whole number of at least 1'],
    [z.int().min(1).max(9), 'whole number from 1 to 9'],
    [z.number().positive(), 'number above 0'],
    [z.number().min(0).lt(1), 'number of at least 0 and below 1'],
    [z.number().max(-1), 'number of at most -1'],
    [z.boolean(), 'true or false'],
    [z.string(), 'text'],
    [z.literal('a'), '"a"'],
    [z.enum(['a', 'b', 'c']), '"a", "b" or "c"'],
    [z.union([z.string(), z.array(z.string())]), 'text or list of text'],
    [z.number().nullish(), 'number or null'],
    [z.tuple([z.number(), z.int()]), '[number, whole number]'],
    [z.strictObject({ a: z.string() }), 'keys with values'],
    [z.array(z.unknown()), 'list of any value'],
  ])('%#: %s', (schema, words) => {
    expect(typeInWords(toJsonSchema(schema))).toBe(words);
  });
});

describe('pluginOptions', () => {
  it('lists keys in order with defaults, descriptions and other spellings', () => {
    const config = z.strictObject({
      r: z.int().min(1).default(8).describe('Rank'),
      path: z.string(),
      note: z.string().optional(),
    });
    const plugin = { id: 'x', summary: '', source: '', config, aliases: { rank: 'r', dim: 'r' } };
    expect(pluginOptions(plugin)).toEqual([
      {
        name: 'r',
        type: 'whole number of at least 1',
        required: false,
        default: 8,
        description: 'Rank',
        aliases: ['rank', 'dim'],
      },
      { name: 'path', type: 'text', required: true, aliases: [] },
      { name: 'note', type: 'text', required: false, aliases: [] },
    ]);
  });
});
