import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createCatalog } from '../../core/container.ts';
import { RlvrError } from '../../core/errors.ts';
import { expandStudy } from '../../core/study/expandStudy.ts';
import type { ExpandedStudy } from '../../core/study/expandedStudy.ts';
import { readStudy } from '../../core/study/readStudy.ts';
import { planTrials, trialNames } from '../../core/study/trialPlan.ts';
import type { TrialPlan } from '../../core/study/trialPlan.ts';
import { plugins } from '../../plugins/index.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';

const catalog = createCatalog(plugins);
const folder = mkdtempSync(path.join(tmpdir(), 'rlvr-study-'));
writeTinyExperiment(folder);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const lines = [
  'name: small',
  'experiment:',
  '  model: {path: model}',
  '  data: {train: {type: arithmetic}}',
  '  adapter: {type: lora}',
  '  rewards: [{type: exact_answer}]',
  '  rollout: {group_size: 4, batch_size: 8}',
  '  training: {steps: 6}',
  'targets: [q_proj, v_proj]',
  'methods:',
  '  - {name: lora, adapter: {type: lora, r: 2}, learning_rate: 0.01}',
  '  - {name: dora, adapter: {type: dora, r: 2}, learning_rate: 0.02}',
  'seeds: 2',
  'tuning: {factors: [0.1, 1, 10], steps: [2, 4]}',
  'parts:',
  '  all: {}',
  '  ranks: {methods: [lora], seeds: 3, axes: {adapter.r: [1, 2]}}',
  'quick: {seeds: 1, tuning.steps: [1]}',
];
const text = lines.join('\n');

function expand(written: string, isQuick = false): ExpandedStudy {
  const parsed = readStudy(written, 'small.study.yaml', { isQuick, readExperiment: () => '' });
  return expandStudy(parsed, folder, catalog);
}

/** The message of the error that a study with other lines ends in. */
function refusal(changes: Readonly<Record<string, string>>): string {
  const written = lines.map((line) => changes[line.split(':')[0]?.trim() ?? ''] ?? line).join('\n');
  try {
    expand(written);
  } catch (error) {
    if (error instanceof RlvrError) return error.message;
    throw error;
  }
  return '';
}

function plan(study: ExpandedStudy, score?: number): TrialPlan {
  const { definition } = readStudy(text, 'small.study.yaml', { readExperiment: () => '' });
  const outcome = score === undefined ? undefined : { status: 'finished' as const, score };
  return planTrials(
    study,
    definition.tuning,
    trialNames(() => 'model'),
    () => outcome,
  );
}

describe('a study', () => {
  it('becomes trials: the base, tuning, then reported ones that parts share', () => {
    const study = expand(text);
    const first = plan(study).trials;
    expect(first.map(({ phase }) => phase)).toEqual(['base', ...Array.from({ length: 6 }, () => 'tuning')]);
    expect(first[1]?.experiment).toMatchObject({
      seed: 100_001,
      learning_rate: 0.001,
      training: { steps: 2 },
      evaluation: { split: 'selection', before: false },
      engine: { threads: 1 },
    });
    const whole = plan(study, 0.5);
    const reported = whole.trials.filter(({ phase }) => phase === 'report');
    // lora and dora with seeds 1 and 2; lora of rank 1 with 3 seeds, and of rank 2 with one more.
    expect(reported.map(({ experiment: { seed, adapter } }) => [adapter.type, adapter['r'], seed])).toEqual([
      ['lora', 2, 1],
      ['dora', 2, 1],
      ['lora', 2, 2],
      ['dora', 2, 2],
      ['lora', 1, 1],
      ['lora', 1, 2],
      ['lora', 1, 3],
      ['lora', 2, 3],
    ]);
    expect(reported[0]?.uses.map(({ part, setting }) => [part, setting.axes])).toEqual([
      ['all', {}],
      ['ranks', { 'adapter.r': 2 }],
    ]);
    expect(new Set(whole.trials.map(({ id }) => id)).size).toBe(whole.trials.length);
    expect(expand(text, true).parts.map(({ seeds }) => seeds.length)).toEqual([1, 3]);
  });

  it('names a trial by what it is, not by how it is written or called', () => {
    const other = text.replace('{name: lora, adapter: {type: lora, r: 2}', '{name: plain, adapter: {r: 2, type: lora}');
    const ids = (written: string): readonly string[] => plan(expand(written), 0.5).trials.map(({ id }) => id);
    expect(ids(other.replace('methods: [lora]', 'methods: [plain]'))).toEqual(ids(text));
    expect(ids(text.replace('steps: 6', 'steps: 7'))).not.toEqual(ids(text));
  });

  it('is refused with the place and the reason', () => {
    expect(refusal({ targets: 'tragets: [q_proj]' })).toMatch(
      /^small\.study\.yaml:9:1: tragets: there is no such key\. Did you mean "targets"/,
    );
    expect(refusal({ seeds: 'seeds: [1, 2, 1]' })).toContain('13:15: seeds.2: the seed 1 stands in the list already');
    expect(refusal({ tuning: 'tuning: {factors: [1, 2], seeds: [7, 2]}' })).toContain(
      'tuning.seeds.1: the seed 2 is reported as well',
    );
    expect(refusal({ all: '  all: {methods: [lora, dorra]}' })).toContain('no method "dorra". Did you mean "dora"?');
    expect(refusal({ seeds: 'learning_rate: shared' })).toContain('the study has no `shared_learning_rate`');
    expect(refusal({ all: '  all: {overrides: {seed: 3}}' })).toContain('the study itself sets "seed"');
    expect(refusal({ all: '  all: {axes: {training.stepps: [1]}}' })).toMatch(
      /16:\d+: training\.stepps: there is no such key\. Did you mean "steps"/,
    );
    expect(refusal({ quick: 'differs: [{in: budget, methods: [dora], because: no reason}]' })).toContain(
      '"dora" has the same budget as the others',
    );
  });

  it('is refused where methods differ in targets, budget or tuning without saying so', () => {
    const second = (method: string): string =>
      lines.map((line) => (line.includes('name: dora') ? method : line)).join('\n');
    const attempt =
      (method: string, end = ''): (() => ExpandedStudy) =>
      () =>
        expand(`${second(method)}\n${end}`);
    const fewer = '  - {name: dora, adapter: {type: dora, target_modules: [q_proj]}, learning_rate: 0.02}';
    expect(attempt(fewer)).toThrow('"dora" trains q_proj, and the others train q_proj, v_proj, in the part "all"');
    const declared = attempt(fewer, 'differs: [{in: targets, methods: [dora], because: it is tested}]')();
    expect(declared.differences).toEqual([
      { in: 'targets', methods: ['dora'], what: 'q_proj (others: q_proj, v_proj)', because: 'it is tested' },
    ]);
    const longer = '  - {name: dora, adapter: {type: dora}, learning_rate: 0.02, overrides: {training.steps: 9}}';
    expect(attempt(longer)).toThrow('"dora" has training.steps 9, and the others training.steps 6');
    const favoured = '  - {name: dora, adapter: {type: dora}, learning_rate: [0.1, 0.2, 0.3, 0.4]}';
    expect(attempt(favoured)).toThrow('the same number of rates to be tuned over, but these have: lora 3, dora 4');
  });
});
