import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { showCommand } from '../../cli/commands/show.ts';
import { formatMetricsLine } from '../../core/runs/metrics.ts';
import { updateRun } from '../../core/runs/runJson.ts';
import { createRun } from '../../core/runs/runStore.ts';
import { someExperiment } from '../runs/experiment.ts';
import { temporaryFolder } from '../runs/folder.ts';
import { perform } from './perform.ts';
import type { Performed } from './perform.ts';

const result = (accuracy: number) => ({ accuracy, low: accuracy - 0.05, high: accuracy + 0.05, problems: 512 });

const runsOf = (cwd: string): string => path.join(cwd, '.rlvr', 'runs');

const show = (cwd: string, reference: string, json = false): Promise<Performed> =>
  perform({ cwd, json }, (context) => showCommand(context, reference));

function finishedRun(): { cwd: string; folder: string; id: string } {
  const cwd = temporaryFolder();
  const created = new Date('2026-01-31T14:25:01.000Z');
  const source = { file: '/experiments/a.rlvr.yaml', folder: '/experiments' };
  const { folder, id } = createRun(runsOf(cwd), { experiment: someExperiment(), source, now: created });
  updateRun(folder, {
    status: 'finished',
    steps: 100,
    attempts: [{ startedAt: '2026-01-31T14:25:01.000Z', endedAt: '2026-01-31T14:26:41.500Z', fromStep: 0 }],
    trainableParameters: 155648,
    firstStepSeconds: 1.5,
    evaluation: {
      before: { ...result(0.25), watched: { linear: result(0.5) } },
      after: { ...result(0.75), watched: { linear: result(0.4) } },
    },
    checkpoints: [{ step: 100, format: 'peft' }],
    checks: [{ name: 'identity-at-start', passed: true, value: 0, bound: 0.0001 }],
  });
  writeFileSync(path.join(folder, 'metrics.jsonl'), formatMetricsLine({ step: 100, metrics: { 'reward/mean': 0.5 } }));
  return { cwd, folder, id };
}

describe('rlvr show --json', () => {
  it('has these keys, in this form; others may come and none may go', async () => {
    const { cwd, folder, id } = finishedRun();
    const { code, out } = await show(cwd, 'latest', true);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      id,
      name: 'trial',
      status: 'finished',
      method: 'lora',
      steps: 100,
      totalSteps: 100,
      seconds: 100.5,
      trainableParameters: 155648,
      firstStepSeconds: 1.5,
      evaluation: {
        before: { accuracy: 0.25, low: 0.2, high: 0.3, problems: 512, watched: { linear: result(0.5) } },
        after: { accuracy: 0.75, low: 0.7, high: 0.8, problems: 512, watched: { linear: result(0.4) } },
      },
      createdAt: '2026-01-31T14:25:01.000Z',
      folder,
      model: '/experiments/model',
      checkpoint: { step: 100, format: 'peft', folder: path.join(folder, 'checkpoints', 'step-100') },
      dapo: [
        { name: 'token-level loss', isOn: true },
        ...['clip-higher', 'dynamic sampling', 'overlong shaping', 'overlong filtering', 'no KL'].map((name) => ({
          name,
          isOn: false,
        })),
      ],
      checks: [{ name: 'identity-at-start', passed: true, value: 0, bound: 0.0001 }],
    });
  });

  it('leaves out what is not known yet', async () => {
    const cwd = temporaryFolder();
    createRun(runsOf(cwd), { experiment: someExperiment(), source: { file: '/e/a.rlvr.yaml', folder: '/e' } });
    const shown = JSON.parse((await show(cwd, 'latest', true)).out) as object;
    expect(Object.keys(shown)).toEqual([
      'id',
      'name',
      'status',
      'method',
      'steps',
      'totalSteps',
      'seconds',
      'evaluation',
      'createdAt',
      'folder',
      'model',
      'dapo',
      'checks',
    ]);
    expect(shown).toMatchObject({ status: 'queued', steps: 0, seconds: 0, evaluation: {} });
  });
});

describe('rlvr show', () => {
  it('says it in lines, by the beginning of the id', async () => {
    const { cwd, id } = finishedRun();
    const { code, out } = await show(cwd, '20260131');
    expect(code).toBe(0);
    expect(out).toBe(`run              ${id}
status           finished
method           lora, 155,648 trained parameters
steps            100 of 100
time             1 min 41 s, 1.5 s to the first step
created          2026-01-31 14:25 UTC
model            ${path.relative(cwd, '/experiments/model')}
accuracy before  25.0 % (20.0 to 30.0) of 512 problems
accuracy after   75.0 % (70.0 to 80.0) of 512 problems
not trained on   linear: 50.0 % (45.0 to 55.0) before, 40.0 % (35.0 to 45.0) after
DAPO             with token-level loss; without clip-higher, dynamic sampling, overlong shaping, overlong filtering, no KL
last step        reward 0.5
checks           1 of 1 passed: identity-at-start
folder           .rlvr/runs/${id}
checkpoint       .rlvr/runs/${id}/checkpoints/step-100, an adapter for Hugging Face PEFT
`);
  });

  it('says why a run failed and what to do', async () => {
    const { cwd, folder } = finishedRun();
    const message = 'The loss is NaN.';
    updateRun(folder, { status: 'failed', error: { code: 'training/not-finite', message, fields: {} } });
    expect((await show(cwd, 'latest')).out).toContain('\nerror[training/not-finite]: The loss is NaN.\n');
  });

  it.each([
    ['../x', 'error[run/invalid-id]: "../x" is not a run id.'],
    ['2027', 'error[run/not-found]: There is no run "2027" in '],
  ])('refuses %s', async (reference, message) => {
    const { code, out, err } = await show(finishedRun().cwd, reference);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});
