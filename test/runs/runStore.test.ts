import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireLock } from '../../core/runs/lock.ts';
import { observeRun, readRun, updateRun } from '../../core/runs/runJson.ts';
import { createRun, findRun, listRuns } from '../../core/runs/runStore.ts';
import { someExperiment } from './experiment.ts';
import { temporaryFolder } from './folder.ts';

function create(runsFolder: string, at: string, name = 'trial'): ReturnType<typeof createRun> {
  return createRun(runsFolder, {
    experiment: someExperiment(name),
    source: { file: '/experiments/a.rlvr.yaml', folder: '/experiments' },
    now: new Date(at),
  });
}

describe('createRun', () => {
  it('makes a folder with a record, and nothing else', () => {
    const runs = path.join(temporaryFolder(), '.rlvr', 'runs');
    const run = create(runs, '2026-01-31T14:25:01.500Z', 'lora-r16');
    expect(run.id).toMatch(/^20260131-142501-lora-r16-[0-9a-z]{4}$/);
    expect(readdirSync(runs)).toEqual([run.id]);
    expect(readdirSync(run.folder)).toEqual(['run.json']);
    expect(readFileSync(path.join(runs, '..', '.gitignore'), 'utf8')).toBe('*\n');
    expect(readRun(run.folder)).toMatchObject({
      id: run.id,
      status: 'queued',
      method: 'lora',
      steps: 0,
      createdAt: '2026-01-31T14:25:01.500Z',
      seeds: { experiment: 42, evaluation: 1234 },
      experiment: someExperiment('lora-r16'),
    });
  });

  it.each([
    ['a file is in the place of the folder', (folder: string) => path.join(folder, 'file')],
    ['a file is above it', (folder: string) => path.join(folder, 'file', '.rlvr', 'runs')],
  ])('says that it cannot write when %s, and leaves nothing', (_, place) => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'file'), 'mine');
    const runs = place(folder);
    expect(() => create(runs, '2026-01-01T00:00:00Z')).toThrow(
      expect.objectContaining({
        code: 'run/unwritable',
        message: expect.stringContaining(`Cannot write ${runs}: `) as string,
      }) as Error,
    );
    expect(readdirSync(folder)).toEqual(['file']);
    expect(readFileSync(path.join(folder, 'file'), 'utf8')).toBe('mine');
  });
});

describe('listRuns and findRun', () => {
  it('lists newest first, and finds by id, beginning and latest', () => {
    const runs = temporaryFolder();
    const [b, a, c] = ['02', '01', '03'].map((day) => create(runs, `2026-01-${day}T00:00:00Z`)) as [
      never,
      never,
      never,
    ];
    const ids = (list: readonly { id: string }[]): string[] => list.map((run) => run.id);
    expect(ids(listRuns(runs))).toEqual(ids([c, b, a]));
    expect(findRun(runs, 'latest')).toBe(path.join(runs, ids([c])[0]!));
    expect(findRun(runs, '20260101')).toBe(path.join(runs, ids([a])[0]!));
    expect(findRun(runs, ids([b])[0]!)).toBe(path.join(runs, ids([b])[0]!));
    expect(() => findRun(runs, '202601')).toThrow(
      expect.objectContaining({
        code: 'run/not-found',
        message: expect.stringContaining('beginning of 3 runs') as string,
      }) as Error,
    );
    expect(() => findRun(runs, '2027')).toThrow(expect.objectContaining({ code: 'run/not-found' }) as Error);
  });

  it('has nothing in a folder that is not there', () => {
    const runs = path.join(temporaryFolder(), 'none');
    expect(listRuns(runs)).toEqual([]);
    expect(() => findRun(runs, 'latest')).toThrow(`There are no runs in ${runs}.`);
  });

  it.each(['../x', '..', '.', '', '/etc', 'a/b', 'a\\b', 'a..b', '-x', '\u0000', 'x\n', '%2e%2e', 'x'.repeat(101)])(
    'refuses %j as the name of a run',
    (reference) => {
      expect(() => findRun(temporaryFolder(), reference)).toThrow(
        expect.objectContaining({ code: 'run/invalid-id' }) as Error,
      );
    },
  );

  it('refuses a link that leads out of the runs', () => {
    const [runs, elsewhere] = [temporaryFolder(), temporaryFolder()];
    const run = create(elsewhere, '2026-01-01T00:00:00Z');
    symlinkSync(run.folder, path.join(runs, run.id));
    expect(() => findRun(runs, run.id)).toThrow(expect.objectContaining({ code: 'run/invalid-id' }) as Error);
    expect(listRuns(runs)).toMatchObject([{ id: run.id, problem: expect.stringContaining('leads out') as string }]);
  });

  it('lists a damaged run with what is wrong, and finds the newest sound one', () => {
    const runs = temporaryFolder();
    const sound = create(runs, '2026-01-01T00:00:00Z');
    const damaged = create(runs, '2026-01-02T00:00:00Z');
    writeFileSync(path.join(damaged.folder, 'run.json'), '{"format":1');
    expect(listRuns(runs)).toMatchObject([
      { id: sound.id, record: { id: sound.id } },
      { id: damaged.id, problem: expect.stringContaining('not valid JSON') as string },
    ]);
    expect(findRun(runs, 'latest')).toBe(sound.folder);
    expect(() => readRun(damaged.folder)).toThrow(expect.objectContaining({ code: 'run/corrupt' }) as Error);
  });
});

describe('updateRun and observeRun', () => {
  it('changes keys and keeps the others', () => {
    const run = create(temporaryFolder(), '2026-01-01T00:00:00Z');
    updateRun(run.folder, { trainableParameters: 7 });
    updateRun(run.folder, { status: 'finished' });
    expect(readRun(run.folder)).toMatchObject({ status: 'finished', trainableParameters: 7, id: run.id });
    expect(readdirSync(run.folder)).toEqual(['run.json']);
  });

  it('shows a run whose process died as interrupted', async () => {
    const run = create(temporaryFolder(), new Date().toISOString());
    const shown = (): string => observeRun(run.folder).status;
    expect(shown()).toBe('queued');
    expect(observeRun(run.folder, Date.now() + 3_600_000).status).toBe('interrupted');
    const lock = await acquireLock(run.folder);
    updateRun(run.folder, { status: 'running' });
    expect(shown()).toBe('running');
    lock.release();
    expect(shown()).toBe('interrupted');
    updateRun(run.folder, { status: 'stopped' });
    expect(shown()).toBe('stopped');
  });

  it('says that a record is gone', () => {
    const run = create(temporaryFolder(), '2026-01-01T00:00:00Z');
    rmSync(path.join(run.folder, 'run.json'));
    expect(existsSync(run.folder)).toBe(true);
    expect(() => readRun(run.folder)).toThrow(expect.objectContaining({ code: 'run/not-found' }) as Error);
  });
});
