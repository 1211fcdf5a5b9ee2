import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commentExperiment } from '../../core/experiment/commentExperiment.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import type { Experiment } from '../../core/experiment/schema.ts';
import { configurationCatalog, soundExperiment } from './catalog.ts';

const catalog = configurationCatalog();
const resolve = (text: string, ...overrides: string[]): Experiment =>
  resolveExperiment(parseExperiment(text, 'a.rlvr.yaml', overrides), catalog).experiment;

describe('commentExperiment', () => {
  it('is the experiment, with what its keys do', () => {
    const experiment = resolve(soundExperiment);
    const text = commentExperiment(experiment, catalog, 'First line\nSecond line');
    expect(text).toMatch(/^# First line\n# Second line\n\n# Part of the run id\nname: trial\n/);
    expect(text).toContain('adapter:\n  # the lora method\n  type: lora\n  # Rank\n  r: 16\n');
    expect(text).toContain('  init: default\n');
    expect(text).toContain('# "default", "gaussian" or "pissa"\n  init: default\n');
    expect(resolve(text)).toEqual(experiment);
  });

  it('stays the same experiment with lists, text that looks like a comment and long text', () => {
    const experiment = resolve(
      soundExperiment,
      'data.template="# {question}: \\n yes"',
      'data.system=no',
      `description=${'word '.repeat(60)}`,
      'data.watch=[{type: arithmetic}, {type: countdown}]',
      'adapter.target_modules=[q_proj, "*"]',
      'rewards.1.type=format',
      'schedule={type: cosine, warmup_steps: 0.1}',
    );
    const text = commentExperiment(experiment, catalog, 'x');
    expect(resolve(text)).toEqual(experiment);
    expect(text).toContain('target_modules: [q_proj, "*"]');
    expect(text).toContain('# Waves of the cosine; 0.5 falls once\n  num_cycles: 0.5\n');
  });

  it('lists keys without a value in comments, other spellings left out', () => {
    const text = commentExperiment(resolve(soundExperiment), catalog, 'x');
    expect(text).toContain('# evaluate: not set. Problems to evaluate on');
    expect(text).not.toMatch(/# (rank|alpha|dropout): not set/);
    expect(parse(text)).not.toHaveProperty('data.system');
  });

  it('breaks long comments between words', () => {
    const text = commentExperiment(resolve(soundExperiment), catalog, 'word '.repeat(100).trim());
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(104);
  });
});
