import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evalCommand } from '../../../../cli/commands/eval.ts';
import { showCommand } from '../../../../cli/commands/show.ts';
import { queueAgain } from '../../../../cli/queueAgain.ts';
import { runWorker } from '../../../../cli/runWorker.ts';
import { isMachineMetric } from '../../../../core/metricNames.ts';
import { listCheckpoints } from '../../../../core/runs/checkpointFolder.ts';
import { readEvaluations } from '../../../../core/runs/evaluationFiles.ts';
import { readMetrics } from '../../../../core/runs/metrics.ts';
import { readRun } from '../../../../core/runs/runJson.ts';
import { plugins } from '../../../../plugins/index.ts';
import { perform } from '../../../cli/perform.ts';
import { trainTinyRun, type TrainedFolder } from '../../../cli/trainedRun.ts';

// A random model answers nothing right: the first evaluation is the best, and none after it is better.
let trained: TrainedFolder;
beforeAll(async () => {
  trained = await trainTinyRun({
    training: { steps: 9, checkpoint_every: 9, keep_checkpoints: 1, keep_best: true, early_stopping: { patience: 2 } },
    evaluation: { before: false, problems: 3, every: 1 },
  });
});
afterAll(() => {
  trained.remove();
});

const stateOf = (): Buffer =>
  readFileSync(path.join(listCheckpoints(trained.run.folder).at(-1)!.folder, 'state.safetensors'));
const metricsOf = (): unknown =>
  readMetrics(trained.run.folder).map(({ step, metrics }) => [
    step,
    Object.entries(metrics).filter(([name]) => !isMachineMetric(name)),
  ]);

describe('a run that chooses by the selection split', () => {
  it('ends on the plateau, with the numbers that are told, and keeps its best checkpoint beside the newest', () => {
    const { status, steps, best, plateau, evaluation, checkpoints } = readRun(trained.run.folder);
    expect({ status, steps, best, plateau }).toEqual({
      status: 'finished',
      steps: 3,
      best: { step: 1, accuracy: 0 },
      plateau: { step: 3, accuracy: 0 },
    });
    expect(checkpoints.map(({ step }) => step)).toEqual([1, 3]);
    expect(listCheckpoints(trained.run.folder).map(({ step }) => step)).toEqual([1, 3]);
    expect(evaluation.after?.problems).toBe(3);
    expect(
      readEvaluations(trained.run.folder).map(({ moment, step, benchmarks }) => [moment, step, benchmarks[0]!.split]),
    ).toEqual([
      ['during', 1, 'selection'],
      ['during', 2, 'selection'],
      ['during', 3, 'selection'],
      ['after', 3, 'report'],
    ]);
  });

  it('is told of by `rlvr show`', async () => {
    const { out } = await perform({ cwd: trained.cwd }, (context) => Promise.resolve(showCommand(context, 'latest')));
    expect(out).toMatch(/best +step 1: 0\.0 % on the selection split/);
    expect(out).toMatch(/ended early +after step 3/);
    expect(out).toMatch(/DAPO +with token-level loss.*; without .*dynamic sampling, overlong shaping/);
  });

  it('is evaluated at its best by name', async () => {
    const { code, out } = await perform({ cwd: trained.cwd, json: true }, (context) =>
      evalCommand(context, 'latest', { checkpoint: 'best' }),
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ step: 1 });
  });

  it('goes back to it, and does the same again from there, bit for bit', async () => {
    const [state, metrics] = [stateOf(), metricsOf()];
    await expect(queueAgain(trained.run.folder)).rejects.toThrow(/has finished after 3 steps/);
    await expect(queueAgain(trained.run.folder, { checkpoint: 2 })).rejects.toThrow(/There are: 1, 3/);
    await queueAgain(trained.run.folder, { checkpoint: 'best' });
    expect(listCheckpoints(trained.run.folder).map(({ step }) => step)).toEqual([1]);
    expect(await runWorker(trained.run.folder, () => Promise.resolve(plugins))).toBe(0);
    expect(readRun(trained.run.folder).attempts.map(({ fromStep }) => fromStep)).toEqual([0, 1]);
    expect(stateOf().equals(state)).toBe(true);
    expect(metricsOf()).toEqual(metrics);
  });
});
