import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createCatalog } from '../../core/container.ts';
import { experimentJsonSchema } from '../../core/experiment/jsonSchema.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import { plugins } from '../../plugins/index.ts';

const catalog = createCatalog(plugins);
const schema = experimentJsonSchema(catalog);
const validator = z.fromJSONSchema(schema);
const sound = {
  name: 'trial',
  model: { path: 'model' },
  data: { train: { type: 'arithmetic' } },
  adapter: { type: 'lora' },
  rewards: [{ type: 'exact_answer' }],
};

const takesSchema = (experiment: unknown): boolean => validator.safeParse(experiment).success;
const takesParser = (experiment: unknown): boolean => {
  try {
    resolveExperiment(parseExperiment(JSON.stringify(experiment), 'file'), catalog);
    return true;
  } catch {
    return false;
  }
};

/** Every schema inside a schema, itself included. */
function schemasIn(value: unknown): readonly Record<string, unknown>[] {
  if (typeof value !== 'object' || !value) return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(schemasIn)];
}

describe('the JSON Schema of experiments', () => {
  it.each<[string, object]>([
    ['the least', {}],
    ['every section', { rollout: {}, training: {}, evaluation: {}, engine: {}, objective: {}, optimizer: {} }],
    ['a schedule', { schedule: { type: 'cosine', warmup_steps: 0.1 } }],
    ['another spelling', { adapter: { type: 'lora', rank: 4, alpha: 8 } }],
    ['lists of layers', { adapter: { type: 'lora', target_modules: ['q_proj'], layers_to_transform: [0, 1] } }],
    ['text for layers', { adapter: { type: 'full', target_modules: '.*_proj' } }],
    ['a weight', { rewards: [{ type: 'exact_answer', weight: 0.5 }, { type: 'format' }] }],
    ['other data', { data: { train: { type: 'jsonl', path: 'x.jsonl' }, watch: [{ type: 'countdown' }] } }],
    ['an objective', { objective: { type: 'dr_grpo', beta: 0.1 } }],
    ['an objective by its options alone', { objective: { beta: 0.1 } }],
    ['an optimizer', { optimizer: { type: 'sgd', momentum: 0.9 } }],
    ['threads', { engine: { threads: 2, device: 'auto' } }],
  ])('takes %s, as the parser does', (_, change) => {
    const experiment = { ...sound, ...change };
    expect(takesParser(experiment)).toBe(true);
    expect(takesSchema(experiment)).toBe(true);
  });

  it.each<[string, object]>([
    ['no name', { name: undefined }],
    ['a name that is a path', { name: '../x' }],
    ['a key too many', { rolout: {} }],
    ['a key too many in a section', { rollout: { group: 8 } }],
    ['a key of another plugin', { adapter: { type: 'full', r: 8 } }],
    ['a plugin that is not there', { adapter: { type: 'lroa' } }],
    ['a plugin of another kind', { adapter: { type: 'adamw' } }],
    ['no plugin', { adapter: { r: 8 } }],
    ['a rank of 0', { adapter: { type: 'lora', r: 0 } }],
    ['half a rank', { adapter: { type: 'lora', r: 1.5 } }],
    ['text for a number', { learning_rate: 'fast' }],
    ['a learning rate of 0', { learning_rate: 0 }],
    ['a schedule that is not there', { schedule: { type: 'cosin' } }],
    ['an option of another schedule', { schedule: { type: 'constant', warmup_steps: 3 } }],
    ['no path for a file', { data: { train: { type: 'jsonl' } } }],
    ['a reward that is no list', { rewards: { type: 'format' } }],
    ['text for a weight', { rewards: [{ type: 'format', weight: 'much' }] }],
    ['a device that is not there', { engine: { device: 'gpu' } }],
    ['a seed below 0', { seed: -1 }],
    ['betas that are one', { optimizer: { type: 'adamw', betas: [0.9] } }],
  ])('refuses %s, as the parser does', (_, change) => {
    const experiment = JSON.parse(JSON.stringify({ ...sound, ...change })) as object;
    expect(takesParser(experiment)).toBe(false);
    expect(takesSchema(experiment)).toBe(false);
  });

  it('takes the sample experiment', () => {
    expect(validator.safeParse(parse(readFileSync('samples/arithmetic.rlvr.yaml', 'utf8'))).error).toBeUndefined();
  });

  it('describes every key of the experiment itself, and needs nothing from elsewhere', () => {
    const own = Object.entries(schema.properties ?? {});
    const undescribed = own.flatMap(([name, value]) =>
      typeof value === 'object' && value.description === undefined ? [name] : [],
    );
    expect(undescribed).toEqual([]);
    expect(schemasIn(schema).flatMap((inner) => (inner['$ref'] === undefined ? [] : [inner['$ref']]))).toEqual([]);
    // What editors validate with: keywords of the draft that it names.
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});
