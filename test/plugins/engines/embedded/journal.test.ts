import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../../core/contracts/engine.ts';
import { readRun } from '../../../../core/runs/runJson.ts';
import { createRun } from '../../../../core/runs/runStore.ts';
import { openJournal } from '../../../../plugins/engines/embedded/journal.ts';
import { someExperiment } from '../../../runs/experiment.ts';
import { temporaryFolder } from '../../../runs/folder.ts';

describe('rewards that fail', () => {
  it('are counted and the first listed in run.json, told once, and forgotten with the steps that are done again', () => {
    const folder = temporaryFolder();
    const source = { file: path.join(folder, 'a.rlvr.yaml'), folder };
    const run = createRun(path.join(folder, 'runs'), { experiment: someExperiment(), source });
    const told: EngineEvent[] = [];
    const job = {
      runFolder: run.folder,
      signal: new AbortController().signal,
      onDidReport: (event: EngineEvent) => told.push(event),
    };
    const failure = { problem: 'p', reward: 'mine', reason: 'threw', message: 'threw: no' } as const;

    const first = openJournal(job, readRun(run.folder), []);
    first.onDidFailToJudge?.(1, Array<typeof failure>(8).fill(failure));
    first.onDidStep(1, { 'reward/failures': 8 });
    first.onDidFailToJudge?.(2, Array<typeof failure>(8).fill(failure));
    first.close();
    const { rewardFailures } = readRun(run.folder);
    expect(rewardFailures?.count).toBe(16);
    expect(rewardFailures?.first).toHaveLength(10);
    expect(rewardFailures?.first[0]).toEqual({ step: 1, ...failure });
    const notes = told.filter(({ kind }) => kind === 'note');
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatchObject({
      level: 'warning',
      message: expect.stringMatching(/failed on 8 .*"mine".*no/) as string,
    });

    // Step 2 was not finished: its failures come again.
    const second = openJournal(job, readRun(run.folder), []);
    second.onDidFailToJudge?.(2, [failure]);
    second.close();
    expect(readRun(run.folder).rewardFailures?.count).toBe(9);
    expect(readRun(run.folder).rewardFailures?.first.map(({ step }) => step)).toEqual([...Array<number>(8).fill(1), 2]);
  });
});
