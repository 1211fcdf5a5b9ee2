import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../core/experiment/parse.ts';
import { RlvrError } from '../../core/errors.ts';
import { soundExperiment } from './catalog.ts';

function refusal(text: string, overrides: readonly string[] = []): RlvrError {
  try {
    parseExperiment(text, 'a.rlvr.yaml', overrides);
  } catch (error) {
    if (error instanceof RlvrError) return error;
    throw error;
  }
  throw new Error('not refused');
}

const replaced = (line: string, by: string): string => soundExperiment.replace(line, by);

describe('parseExperiment', () => {
  it('fills in defaults and keeps the keys of plugins', () => {
    const { experiment } = parseExperiment(soundExperiment, 'a.rlvr.yaml');
    expect(experiment).toMatchObject({
      name: 'trial',
      seed: 42,
      adapter: { type: 'lora', r: 16 },
      rewards: [{ type: 'exact_answer', weight: 1 }],
      rollout: { group_size: 8, batch_size: 128 },
    });
  });

  it('takes a section without keys for one that was left out', () => {
    const { experiment } = parseExperiment(`${soundExperiment}rollout:\n  # group_size: 4\n`, 'a.rlvr.yaml');
    expect(experiment.rollout.group_size).toBe(8);
  });

  it('says where an unknown key stands, what was meant, and which there are', () => {
    const error = refusal(`${soundExperiment}rollout:\n  group_sise: 4\n`);
    expect(error.code).toBe('config/unknown-key');
    expect(error.message).toBe(
      'a.rlvr.yaml:12:3: rollout.group_sise: there is no such key. Did you mean "group_size"? The keys of "rollout" are: ' +
        'group_size, batch_size, max_prompt_tokens, max_completion_tokens, min_completion_tokens, temperature, top_k, top_p, ' +
        'min_p, repetition_penalty, dynamic_sampling, old_logps.',
    );
    expect(error.fields).toMatchObject({ issues: [{ path: 'rollout.group_sise', place: 'a.rlvr.yaml:12:3' }] });
  });

  it('says where a key belongs that stands in the wrong section', () => {
    expect(refusal(`${soundExperiment}training:\n  group_size: 4\n`).message).toContain(
      'Did you mean "rollout.group_size"?',
    );
  });

  it('lists several problems, each with its place', () => {
    const error = refusal(`${replaced('name: trial', 'name: "a b"')}seed: x\nlearning_rate: 0\n`);
    expect(error.code).toBe('config/invalid');
    expect(error.message).toBe(
      [
        'a.rlvr.yaml has 3 problems:',
        '  a.rlvr.yaml:1:1: name: expected letters, digits, ".", "_" and "-", at most 64, got "a b"',
        '  a.rlvr.yaml:11:1: seed: expected a whole number, got "x"',
        '  a.rlvr.yaml:12:1: learning_rate: expected more than 0, got 0',
      ].join('\n'),
    );
  });

  it.each([
    ['adapter:\n  type: lora\n  r: 16\n', '', 'a.rlvr.yaml:1:1: adapter: is missing; expected keys with values'],
    ['  type: lora\n', '', 'a.rlvr.yaml:5:1: adapter.type: is missing; expected text'],
    ['model: {path: model}', 'model: 3', 'a.rlvr.yaml:2:1: model: expected keys with values, got 3'],
    ['model: {path: model}', 'model: {path: ""}', 'a.rlvr.yaml:2:9: model.path: expected at least 1 character, got ""'],
    [
      '{type: constant}',
      '{type: cosin}',
      'a.rlvr.yaml:10:12: schedule.type: expected one of constant, constant_with_warmup, linear, cosine,',
    ],
    ['{type: constant}', '{type: linear, warmup_steps: -1}', 'schedule.warmup_steps: expected at least 0, got -1'],
    ['{type: constant}', '{type: linear, warmup: 1}', 'schedule.warmup: there is no such key. Did you mean'],
    [
      '- {type: exact_answer}',
      '- {type: exact_answer, weight: high}',
      'a.rlvr.yaml:9:26: rewards.0.weight: expected a number, got "high"',
    ],
    ['schedule: {type: constant}', 'evaluation: {top_p: 2}', 'evaluation.top_p: expected at most 1, got 2'],
    [
      'schedule: {type: constant}',
      'engine: {device: gpu}',
      'engine.device: expected one of cpu, webgpu, cuda, tensorflow, auto, got "gpu"',
    ],
    ['schedule: {type: constant}', 'learning_rate: .nan', 'learning_rate: expected a number, got NaN'],
    ['schedule: {type: constant}', 'learning_rate: .inf', 'learning_rate: expected a number, got Infinity'],
  ])('with %j as %j says %j', (line, by, expected) => {
    const { code, message } = refusal(replaced(line, by));
    expect(code).toMatch(/^config\//);
    expect(message).toContain(expected);
  });
});

describe('overrides', () => {
  const parse = (...overrides: string[]) => parseExperiment(soundExperiment, 'a.rlvr.yaml', overrides).experiment;

  it('set values as YAML, in order, also in lists and in sections that were not written', () => {
    expect(parse('adapter.r=8', 'adapter.r=4').adapter).toEqual({ type: 'lora', r: 4 });
    expect(parse('adapter.target_modules=[q_proj, v_proj]').adapter['target_modules']).toEqual(['q_proj', 'v_proj']);
    expect(parse('adapter={type: dora}').adapter).toEqual({ type: 'dora' });
    expect(parse('training.steps=7', 'data.chat=false')).toMatchObject({
      training: { steps: 7 },
      data: { chat: false },
    });
    expect(parse('rewards.0.weight=0.5', 'rewards.1.type=format').rewards).toEqual([
      { type: 'exact_answer', weight: 0.5 },
      { type: 'format', weight: 1 },
    ]);
    expect(parse('data.watch.0.type=countdown').data.watch).toEqual([{ type: 'countdown' }]);
    expect(parse('data.template=a=b {question}').data.template).toBe('a=b {question}');
  });

  it.each([
    ['adapter.r', '--set adapter.r: expected path=value, for example adapter.r=8 or rewards.0.weight=0.5.'],
    ['=3', 'expected path=value'],
    ['a..b=3', 'expected path=value'],
    ['seed=', '--set seed=: there is no value after "=".'],
    ['name.x=3', '--set name.x=3: "name" has a value and no keys.'],
    ['rewards.3.type=format', '"rewards" is a list of 1: expected a number from 0 to 1, got "3"'],
    ['rewards.first.type=format', 'got "first"'],
    ['__proto__.polluted=1', 'the key "__proto__" is not allowed'],
    ['adapter.constructor.prototype.x=1', 'the key "constructor" is not allowed'],
    ['seed={__proto__: {polluted: 1}}', 'the key "__proto__" is not allowed'],
    ['seed=x', '--set seed=x: seed: expected a whole number, got "x"'],
    ['rollot.group_size=4', '--set rollot.group_size=4: rollot: there is no such key. Did you mean "rollout"?'],
    ['seed=[1', '--set seed=[1:1:3: '],
  ])('refuse %j', (override, expected) => {
    expect(refusal(soundExperiment, [override]).message).toContain(expected);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('hostile files', () => {
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    .concat(Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`))
    .join('\n');

  it.each([
    ['an alias bomb', bomb, 'more than 20000 values in all, aliases expanded'],
    ['an alias inside what it stands for', 'a: &a [*a]', 'nested more than 32 levels deep'],
    ['an alias without an anchor', 'a: *b', 'a.rlvr.yaml:1:4: there is no anchor "b" before this alias'],
    ['deep brackets', '['.repeat(200_000), 'nested more than 32 levels deep'],
    ['deep dashes', '- '.repeat(100_000), 'nested more than 32 levels deep'],
    ['deep keys', Array.from({ length: 100 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'a.rlvr.yaml:34:'],
    ['deep explicit keys', '? '.repeat(100_000), 'nested more than 32 levels deep'],
    [
      'a large file',
      `name: ${'x'.repeat(300_000)}`,
      'a.rlvr.yaml:1:1: the file has 300006 bytes; at most 262144 are read',
    ],
    ['__proto__', '__proto__: {polluted: 1}', 'a.rlvr.yaml:1:1: the key "__proto__" is not allowed'],
    ['a deep __proto__', 'a:\n  - {"__proto__": 1}', 'a.rlvr.yaml:2:6: the key "__proto__" is not allowed'],
    ['constructor', 'a: {constructor: 1}', 'the key "constructor" is not allowed'],
    ['prototype', 'a: {prototype: 1}', 'the key "prototype" is not allowed'],
    ['a duplicate key', 'name: a\nseed: 1\nname: b', 'a.rlvr.yaml:3:1: Map keys must be unique'],
    ['a tag', 'name: !!js/function x', 'a.rlvr.yaml:1:7: Unresolved tag: tag:yaml.org,2002:js/function'],
    ['a syntax error', 'name: [a', 'a.rlvr.yaml:1:9: '],
    ['a tab', 'model:\n\tpath: x', 'Tabs are not allowed as indentation'],
    ['two documents', 'name: a\n---\nname: b', 'a second document begins here'],
    ['a number as key', '1: a', 'a key must be plain text'],
    ['a list as key', '[a]: b', 'a key must be plain text'],
    ['a list', '- a', 'a.rlvr.yaml:1:1: expected keys with values, got a list'],
    ['text', 'hello', 'expected keys with values, got "hello"'],
    ['nothing', '', 'the file is empty; `rlvr init` writes an example'],
    ['a comment', '# nothing\n', 'the file is empty'],
    ['NUL and control characters', '\u0000\u0001', 'a.rlvr.yaml:1:1: '],
  ])('%s', (_, text, expected) => {
    const error = refusal(text);
    expect(error.code).toBe('config/invalid');
    expect(error.message).toContain(expected);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
