import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createCatalog } from '../../core/container.ts';
import { RlvrError } from '../../core/errors.ts';
import { experimentJsonSchema } from '../../core/experiment/jsonSchema.ts';
import { describeCell, readExperimentFile } from '../../core/experiment/sweep.ts';
import type { ExperimentFile, SweepCell } from '../../core/experiment/sweep.ts';
import { plugins } from '../../plugins/index.ts';

const catalog = createCatalog(plugins);
const base = [
  'name: trial',
  'model: {path: base}',
  'data: {train: {type: arithmetic}}',
  'adapter: {type: lora, r: 2}',
  'rewards: [{type: format}]',
].join('\n');

const numbers = JSON.stringify(Array.from({ length: 40 }, (_, i) => i + 1));

const read = (matrix: string, set: readonly string[] = []): ExperimentFile =>
  readExperimentFile(`${base}\nmatrix:\n${matrix}`, 'trial.yaml', set, catalog);

function cellsOf(matrix: string, set?: readonly string[]): readonly SweepCell[] {
  const file = read(matrix, set);
  if (file.kind !== 'sweep') throw new Error('no sweep');
  return file.cells;
}

function refusal(matrix: string, set?: readonly string[]): string {
  try {
    read(matrix, set);
  } catch (error) {
    if (error instanceof RlvrError && error.code.startsWith('config/')) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a matrix', () => {
  it('makes a run of every combination, the last axis changing fastest', () => {
    const cells = cellsOf('  adapter.r: [4, 16]\n  learning_rate: [1.0e-4, 5.0e-4]\n');
    expect(cells.map(({ index, name, values }) => [index, name, describeCell(values)])).toEqual([
      [1, 'trial-r4-learning_rate1e-4', 'adapter.r=4, learning_rate=0.0001'],
      [2, 'trial-r4-learning_rate5e-4', 'adapter.r=4, learning_rate=0.0005'],
      [3, 'trial-r16-learning_rate1e-4', 'adapter.r=16, learning_rate=0.0001'],
      [4, 'trial-r16-learning_rate5e-4', 'adapter.r=16, learning_rate=0.0005'],
    ]);
    const experiments = cells.map(({ resolved }) => resolved.experiment);
    expect(experiments.map(({ adapter, learning_rate: rate }) => [adapter['r'], rate])).toEqual([
      [4, 1e-4],
      [4, 5e-4],
      [16, 1e-4],
      [16, 5e-4],
    ]);
    expect(experiments.map(({ name }) => name)).toEqual(cells.map(({ name }) => name));
    expect('matrix' in (experiments[0] ?? {})).toBe(false);
  });

  it('varies plugins, lists and keys that nothing else mentions', () => {
    const cells = cellsOf(
      '  adapter: [{type: lora, rank: 3}, {type: full}]\n  rewards.0.weight: [2, 0.5]\n  rollout.group_size: [4]\n',
    );
    expect(cells.map(({ name }) => name)).toEqual([
      'trial-lora-weight2-group_size4',
      'trial-lora-weight0.5-group_size4',
      'trial-full-weight2-group_size4',
      'trial-full-weight0.5-group_size4',
    ]);
    expect(cells.map(({ resolved: { experiment } }) => experiment.adapter['r'])).toEqual([3, 3, undefined, undefined]);
    expect(cells.map(({ resolved: { experiment } }) => experiment.rewards[0]?.weight)).toEqual([2, 0.5, 2, 0.5]);
    const targets = cellsOf('  adapter.target_modules: [[q_proj], [q_proj, v_proj], all-linear]\n');
    expect(targets.map(({ name }) => name)).toEqual([
      'trial-target_modules1',
      'trial-target_modules2',
      'trial-all-linear',
    ]);
  });

  it('gives runs names that runs may have', () => {
    const cells = cellsOf(
      '  learning_rate: [1.0e+38, 2.5e-7]\n  data.chat: [true, false]\n  data.template: ["{question}? "]\n',
    );
    expect(cells.map(({ name }) => name)).toEqual([
      'trial-learning_rate1e38-chat-true-_question_',
      'trial-learning_rate1e38-chat-false-_question_',
      'trial-learning_rate2.5e-7-chat-true-_question_',
      'trial-learning_rate2.5e-7-chat-false-_question_',
    ]);
  });

  it('numbers cells whose values make no names of their own', () => {
    const long = `"${'x'.repeat(60)} {question}"`;
    const names = cellsOf(`  data.template: [${long}, "{question}"]\n`).map(({ name }) => name);
    expect(names).toEqual(['trial-1', 'trial-2']);
    expect(cellsOf('  adapter.target_modules: [[q_proj], [v_proj]]\n').map(({ name }) => name)).toEqual([
      'trial-1',
      'trial-2',
    ]);
  });

  it('takes --set for what it does not vary', () => {
    const cells = cellsOf('  adapter.r: [4]\n', ['learning_rate=0.5', 'matrix.seed=[7, 8]']);
    expect(cells.map(({ resolved: { experiment: e } }) => [e.adapter['r'], e.learning_rate, e.seed])).toEqual([
      [4, 0.5, 7],
      [4, 0.5, 8],
    ]);
  });

  it('is left out of a file without one', () => {
    expect(readExperimentFile(base, 'trial.yaml', [], catalog).kind).toBe('experiment');
  });

  it.each([
    ['  adapter.r: [4, 0]\n', 'trial.yaml:7:18: adapter.r: expected at least 1, got 0 (in the cell adapter.r=0)'],
    [
      '  adapter: [{type: lora}, {type: lora, q: 1}]\n  seed: [1, 2]\n',
      'trial.yaml:7:40: adapter.q: there is no such key.',
    ],
    ['  adapter.s: [4, 5]\n', 'trial.yaml has 2 problems:\n'],
    ['  rewards: [[], [{type: format}]]\n', 'trial.yaml:7:13: rewards: objective "dapo" learns from rewards'],
    ['  {}\n', 'trial.yaml:6:1: matrix: expected at least one key'],
    ['  adapter.r: 4\n', 'trial.yaml:7:3: matrix.adapter.r: expected a list, got 4'],
    ['  adapter.r: []\n', 'trial.yaml:7:3: matrix.adapter.r: expected at least 1 entry, got an empty list'],
    ['  adapter.r: [4, 4]\n', 'trial.yaml:7:18: matrix.adapter.r.1: 4 stands in the list already'],
    ['  adapter.r: [4, ]\n  seed: [~]\n', 'trial.yaml:8:10: matrix.seed.0: there is no value'],
    ['  adapter r: [4]\n', 'trial.yaml:7:3: matrix.adapter r: expected the path of a key'],
    ['  adapter.__proto__: [4]\n', 'trial.yaml:7:3: matrix.adapter.__proto__: the key "__proto__" is not allowed'],
    ['  name: [a, b]\n', 'trial.yaml:7:3: matrix.name: "name" cannot be varied'],
    ['  seed.deeper: [1]\n', 'trial.yaml:7:17: seed: expected a whole number, got keys with values (in every cell)'],
    ['  model.path.to: [1]\n', 'trial.yaml:7:3: matrix.model.path.to: "model.path" has a value and no keys'],
    ['  adapter: [{type: lora}]\n  adapter.r: [1]\n', 'trial.yaml:8:3: matrix.adapter.r: "adapter" is varied too'],
    [`  seed: ${numbers}\n  adapter.r: ${numbers}\n`, '1600 combinations'],
  ])('%j is refused', (matrix, reason) => {
    expect(refusal(matrix)).toContain(reason);
  });

  it('refuses a --set that it would undo', () => {
    expect(refusal('  adapter.r: [4]\n', ['adapter.r=8'])).toContain(
      'the matrix varies this key, so --set adapter.r=8 has no effect',
    );
    expect(refusal('  adapter: [{type: full}]\n', ['adapter.r=8'])).toContain('so --set adapter.r=8 has no effect');
  });

  it('is known to the JSON Schema', () => {
    const schema = z.fromJSONSchema(experimentJsonSchema(catalog));
    const accepts = (experiment: object): boolean => schema.safeParse(experiment).success;
    const swept = parse(`${base}\nmatrix: {adapter.r: [4, 16], adapter: [{ type: lora }]}`) as Record<string, unknown>;
    expect(accepts(swept)).toBe(true);
    expect(accepts({ ...swept, matrix: { 'adapter.r': 4 } })).toBe(false);
    expect(accepts({ ...swept, matrix: { 'adapter.r': [] } })).toBe(false);
  });
});
