import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { RlvrError } from '../../core/errors.ts';
import { formatExperiment } from '../../core/experiment/formatExperiment.ts';
import { experimentJsonSchema } from '../../core/experiment/jsonSchema.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import { chosenPlugin } from '../../core/experiment/pluginChoices.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import type { ResolvedExperiment } from '../../core/experiment/resolve.ts';
import { configurationCatalog, soundExperiment } from './catalog.ts';

const catalog = configurationCatalog();

function resolve(...overrides: string[]): ResolvedExperiment {
  return resolveExperiment(parseExperiment(soundExperiment, 'a.rlvr.yaml', overrides), catalog);
}

function refusal(...overrides: string[]): RlvrError {
  try {
    resolve(...overrides);
  } catch (error) {
    if (error instanceof RlvrError) return error;
    throw error;
  }
  throw new Error('not refused');
}

describe('resolveExperiment', () => {
  it('fills in the defaults of plugins and keeps what stands beside their keys', () => {
    const { experiment } = resolve('rewards.0.weight=0.5', 'engine.threads=2');
    expect(experiment.adapter).toEqual({
      type: 'lora',
      r: 16,
      lora_alpha: 16,
      lora_dropout: 0,
      target_modules: 'all-linear',
      init: 'default',
    });
    expect(experiment.rewards).toEqual([{ type: 'exact_answer', weight: 0.5 }]);
    expect(experiment.engine).toEqual({ type: 'embedded', device: 'cpu', threads: 2 });
    expect(experiment.data.train).toEqual({ type: 'arithmetic', family: 'chains' });
  });

  it('replaces other spellings by the plugin’s own', () => {
    const { experiment, isDefault } = resolve('adapter={type: lora, rank: 4, alpha: 8}');
    expect(experiment.adapter).toMatchObject({ r: 4, lora_alpha: 8 });
    expect(Object.keys(experiment.adapter)).not.toContain('rank');
    expect(isDefault(['adapter', 'r'])).toBe(false);
    expect(isDefault(['adapter', 'init'])).toBe(true);
  });

  it('is resolved when it is resolved again', () => {
    const { experiment } = resolve();
    const again = resolveExperiment(parseExperiment(JSON.stringify(experiment), 'b.rlvr.yaml'), catalog);
    expect(again.experiment).toEqual(experiment);
    expect(chosenPlugin(catalog, 'adapter', experiment.adapter)).toMatchObject({
      plugin: { id: 'lora' },
      config: { r: 16, init: 'default' },
    });
  });

  it.each([
    [
      ['adapter.rank=4'],
      'config/invalid',
      '--set adapter.rank=4: adapter.rank: "rank" and "r" are the same key; write one of them',
    ],
    [
      ['adapter.typ=dora'],
      'config/unknown-key',
      '--set adapter.typ=dora: adapter.typ: there is no such key. Did you mean "type"? ' +
        'The keys of "adapter" are: r, lora_alpha, lora_dropout, target_modules, init, rank, alpha, dropout, type.',
    ],
    [['adapter.lora_apha=4'], 'config/unknown-key', 'Did you mean "lora_alpha"?'],
    [
      ['adapter.type=lroa'],
      'config/unknown-plugin',
      '--set adapter.type=lroa: adapter.type: there is no adapter named "lroa". Did you mean "lora"? There are: lora, dora, full.',
    ],
    [['rewards.0.type=format2'], 'config/unknown-plugin', 'There are: exact_answer, format.'],
    [['engine.type=ray'], 'config/unknown-plugin', 'there is no engine named "ray". There are: embedded.'],
    [['adapter.r=0'], 'config/invalid', '--set adapter.r=0: adapter.r: expected at least 1, got 0'],
    [
      ['adapter.init=pisa'],
      'config/invalid',
      'expected one of default, gaussian, pissa, got "pisa". Did you mean "pissa"?',
    ],
    [['adapter.target_modules=3'], 'config/invalid', 'adapter.target_modules: expected text or a list, got 3'],
    [['adapter.target_modules=[1]'], 'config/invalid', 'adapter.target_modules.0: expected text, got 1'],
    [
      ['optimizer={type: adamw, betas: [0.9]}'],
      'config/invalid',
      'optimizer.betas: expected at least 2 entries, got a list',
    ],
    [
      ['data.watch=[{type: arithmetic, family: x}]'],
      'config/invalid',
      'data.watch.0.family: expected one of chains, equations',
    ],
    [
      ['rollout.group_size=1'],
      'config/invalid',
      'rollout.group_size: objective "dapo" compares the completions of a group and needs at least 2, got 1',
    ],
    [
      ['rollout.batch_size=100'],
      'config/invalid',
      'rollout.batch_size: 100 completions cannot be divided into groups of 8; 96 or 104 would do',
    ],
    [['rollout.batch_size=4'], 'config/invalid', 'groups of 8; 8 would do'],
    [['training.steps_per_generation=3'], 'config/invalid', 'training.steps_per_generation: a generation batch of 128'],
    [['rollout.min_completion_tokens=300'], 'config/invalid', '300 is more than max_completion_tokens (256)'],
    [['training.keep_best=true'], 'config/invalid', 'training.keep_best: chooses by accuracy on the selection split'],
    [['training.early_stopping.patience=2'], 'config/invalid', 'which evaluation.every: 0 never measures'],
    [
      ['objective.type=sft', 'rollout.dynamic_sampling.max_batches=2'],
      'config/invalid',
      'rollout.dynamic_sampling: objective "sft" samples no completions',
    ],
    [
      ['training.curriculum={type: replay, share: 2}'],
      'config/invalid',
      'training.curriculum.share: expected at most 1',
    ],
    [['rewards=[]'], 'config/invalid', 'rewards: objective "dapo" learns from rewards: name at least one'],
    [['data.template=hello'], 'config/invalid', 'data.template: the template must contain {question}'],
  ])('refuses %j', (overrides, code, expected) => {
    const error = refusal(...overrides);
    expect(error.code).toBe(code);
    expect(error.message).toContain(expected);
  });

  it('finds the place in the file of a key that was written by another name', () => {
    const text = soundExperiment.replace('  r: 16', '  rank: 0');
    const parsed = parseExperiment(text, 'a.rlvr.yaml');
    expect(() => resolveExperiment(parsed, catalog)).toThrow(
      'a.rlvr.yaml:7:3: adapter.rank: expected at least 1, got 0',
    );
  });

  it('asks neither rewards nor groups of an objective without rollouts', () => {
    const { experiment } = resolve('objective.type=sft', 'rewards=[]', 'rollout.group_size=1');
    expect(experiment.objective.type).toBe('sft');
  });
});

describe('the optimizer that belongs to a method', () => {
  const preset = { id: 'slow', summary: '', source: '', formula: '', adapter: 'lora', config: {}, optimizer: 'sgd' };
  const methods = configurationCatalog([preset]);
  const resolved = (text: string, ...overrides: string[]): ResolvedExperiment =>
    resolveExperiment(parseExperiment(text, 'a.rlvr.yaml', ['adapter.type=slow', ...overrides]), methods);

  it('is taken where none is named, with the options that are', () => {
    const { experiment, isDefault } = resolved(soundExperiment, 'optimizer.betas=[0.5, 0.9]');
    expect(experiment.optimizer).toEqual({ type: 'sgd', betas: [0.5, 0.9] });
    expect(isDefault(['optimizer', 'type'])).toBe(true);
    expect(resolve().experiment.optimizer.type).toBe('adamw');
  });

  it('is taken again when what was resolved is resolved again', () => {
    const { experiment } = resolved(soundExperiment);
    expect(resolved(JSON.stringify(experiment)).experiment).toEqual(experiment);
  });

  it('is the only one: another is refused with its place', () => {
    expect(() => resolved(`${soundExperiment}optimizer: {type: adamw}\n`)).toThrow(
      /^a\.rlvr\.yaml:\d+:\d+: optimizer\.type: the method "slow" is trained by the optimizer "sgd", which is a part of it, not by "adamw"/,
    );
  });
});

describe('a value that a plugin refuses in its own words', () => {
  it('is refused in these words', () => {
    const r = z.literal(1, { error: 'this method has rank 1' }).default(1);
    const preset = { id: 'one', summary: '', source: '', formula: '', adapter: 'lora', config: { r } };
    const parsed = parseExperiment(soundExperiment, 'a.rlvr.yaml', ['adapter.type=one']);
    expect(() => resolveExperiment(parsed, configurationCatalog([preset]))).toThrow(
      /adapter\.r: this method has rank 1$/,
    );
  });
});

describe('formatExperiment', () => {
  it('marks what is a default, and can be run again', () => {
    const resolved = resolve('optimizer.betas=[0.8, 0.9]');
    const text = formatExperiment(resolved);
    expect(text).toContain('name: trial\n');
    expect(text).toContain('seed: 42 # default\n');
    expect(text).toContain('  r: 16\n  lora_alpha: 16 # default\n');
    expect(text).toContain('    - 0.8\n    - 0.9\n');
    expect(text).toContain('  watch: [] # default\n');
    expect(text).toContain('  - type: exact_answer\n    weight: 1 # default\n');
    const again = resolveExperiment(parseExperiment(text, 'b.rlvr.yaml'), catalog);
    expect(again.experiment).toEqual(resolved.experiment);
  });

  it('writes numbers that are numbers to readers of YAML 1.1 too', () => {
    const text = formatExperiment(resolve('learning_rate=1e-7', 'optimizer.betas=[0.8, 2.5e-9]'));
    expect(text).toContain('learning_rate: 1.0e-7\n');
    expect(text).toContain('    - 2.5e-9\n');
    expect(parse(text, { version: '1.1' })).toMatchObject({ learning_rate: 1e-7, optimizer: { betas: [0.8, 2.5e-9] } });
  });
});

describe('experimentJsonSchema', () => {
  const schema = experimentJsonSchema(catalog);

  it('lists the keys of each plugin under its type, other spellings included', () => {
    const adapter = (schema.properties?.['adapter'] as z.core.JSONSchema.JSONSchema)
      .oneOf as z.core.JSONSchema.JSONSchema[];
    expect(adapter.map((branch) => branch.title)).toEqual(['lora', 'dora', 'full']);
    expect(adapter[0]).toMatchObject({
      properties: {
        type: { const: 'lora' },
        r: { type: 'integer', minimum: 1, default: 8, description: 'Rank' },
        rank: { type: 'integer', description: 'The same as `r`' },
      },
      required: ['type'],
      additionalProperties: false,
    });
  });

  it('takes and refuses what the parser does', () => {
    const reads = z.fromJSONSchema(schema);
    const sound = parseExperiment(soundExperiment, 'a').written as Record<string, unknown>;
    expect(reads.safeParse(sound).error).toBeUndefined();
    expect(reads.safeParse({ ...sound, engine: { threads: 2 } }).success).toBe(true);
    expect(reads.safeParse({ ...sound, adapter: { type: 'lora', rank: 4 } }).success).toBe(true);
    expect(reads.safeParse({ ...sound, rewards: [{ type: 'format', weight: 2 }] }).success).toBe(true);
    for (const adapter of [{ type: 'lroa' }, { type: 'lora', r: 0 }, { type: 'lora', x: 1 }, { r: 8 }]) {
      expect(reads.safeParse({ ...sound, adapter }).success).toBe(false);
    }
    expect(reads.safeParse({ ...sound, rolout: {} }).success).toBe(false);
  });
});
