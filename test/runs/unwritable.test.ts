import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listCheckpoints, writeCheckpoint } from '../../core/runs/checkpointFolder.ts';
import { readCompletions, writeCompletions } from '../../core/runs/completions.ts';
import { openMetrics, readMetrics } from '../../core/runs/metrics.ts';
import { readRun, updateRun } from '../../core/runs/runJson.ts';
import { createRun, listRuns } from '../../core/runs/runStore.ts';
import { someExperiment } from './experiment.ts';
import { temporaryFolder } from './folder.ts';
import { fill, tinyDisk } from './tinyDisk.ts';

const row = (step: number, completion: string) => ({
  step,
  prompt: 'p',
  completion,
  rewards: {},
  advantage: 0,
  problemId: 'a',
  finished: true,
  tokens: 1,
});

async function write(run: string, step: number, bytes: Buffer): Promise<void> {
  await writeCheckpoint(run, step, (folder) => {
    writeFileSync(path.join(folder, 'state.safetensors'), bytes);
    return Promise.resolve('native' as const);
  });
}

const full = expect.objectContaining({
  code: 'run/unwritable',
  message: expect.stringMatching(/^Cannot write .*: the disk is full; free some space .*\(ENOSPC\)\.$/) as string,
}) as Error;

describe('a full disk', () => {
  it('is a clear error and loses nothing', async (test) => {
    const disk = tinyDisk();
    if ('reason' in disk) return test.skip(disk.reason);
    const runs = path.join(disk.folder, 'runs');
    const source = { file: '/e.rlvr.yaml', folder: '/' };
    const { folder: run } = createRun(runs, { experiment: someExperiment(), source });
    const metrics = openMetrics(run);
    metrics.append({ step: 1, metrics: { reward: 1 } });
    writeCompletions(run, 1, [row(1, 'kept')]);
    await write(run, 1, Buffer.from('kept'));
    fill(disk.folder, 0);

    const long = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`metric-${index}`, index]));
    expect(() => metrics.append({ step: 2, metrics: long })).toThrow(full);
    expect(() => updateRun(run, { hashes: { model: 'x'.repeat(8192) } })).toThrow(full);
    expect(() => writeCompletions(run, 2, [row(2, 'x'.repeat(9000))])).toThrow(full);
    await expect(write(run, 2, Buffer.alloc(65536))).rejects.toEqual(full);
    expect(() => createRun(runs, { experiment: someExperiment(), source })).toThrow(full);

    expect(readMetrics(run)).toEqual([{ step: 1, metrics: { reward: 1 } }]);
    expect(readRun(run).hashes).toEqual({});
    expect(listRuns(runs)).toHaveLength(1);
    expect(readdirSync(runs)).toHaveLength(1);
    expect(await readCompletions(run, 1)).toMatchObject([{ completion: 'kept' }]);
    expect(listCheckpoints(run).map((checkpoint) => checkpoint.step)).toEqual([1]);
    expect(readdirSync(path.join(run, 'completions'))).toEqual(['step-000001.parquet']);
    expect(readdirSync(path.join(run, 'checkpoints'))).toEqual(['step-1']);

    rmSync(path.join(disk.folder, 'ballast'));
    metrics.append({ step: 2, metrics: { reward: 2 } });
    metrics.close();
    expect(readMetrics(run).map((line) => line.step)).toEqual([1, 2]);
  });
});

describe('an unwritable folder', () => {
  it('is a clear error in every writer', async () => {
    const run = temporaryFolder();
    for (const name of ['completions', 'checkpoints']) writeFileSync(path.join(run, name), 'a file in the way');
    mkdirSync(path.join(run, 'metrics.jsonl'));
    const refused = expect.objectContaining({ code: 'run/unwritable' }) as Error;
    expect(() => openMetrics(run)).toThrow(refused);
    expect(() => writeCompletions(run, 1, [row(1, '')])).toThrow(refused);
    await expect(writeCheckpoint(run, 1, () => Promise.resolve('native' as const))).rejects.toEqual(refused);
  });
});
