import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readMetrics } from '../../core/runs/metrics.ts';
import { temporaryFolder } from '../runs/folder.ts';
import { outcomeOf } from '../runs/outcome.ts';
import { fill, tinyDisk } from '../runs/tinyDisk.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';
import { productOfSuite, runCommand } from './product.ts';
import type { CommandResult } from './product.ts';

const product = productOfSuite();

const rlvr = (cwd: string, ...args: readonly string[]): Promise<CommandResult> => runCommand(product(), cwd, args);

const settings = {
  training: { steps: 24, checkpoint_every: 4 },
  evaluation: { before: false, problems: 4 },
};

describe('a full disk', () => {
  it('refuses a new run and leaves nothing of it', async (test) => {
    const disk = tinyDisk();
    if ('reason' in disk) return test.skip(disk.reason);
    const cwd = temporaryFolder();
    const runs = path.join(disk.folder, 'runs');
    fill(disk.folder, 0);
    const { code, out, err } = await rlvr(cwd, 'run', writeTinyExperiment(cwd), '--runs-folder', runs);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(
      /^error\[run\/unwritable\]: Cannot write .*: the disk is full; free some space .*\(ENOSPC\)\.\n$/,
    );
    expect(readdirSync(disk.folder)).toEqual(expect.not.arrayContaining([expect.stringContaining('tiny')]));
  });

  it('ends a run with a clear error, and it goes on when there is space again', { timeout: 120_000 }, async (test) => {
    const disk = tinyDisk();
    if ('reason' in disk) return test.skip(disk.reason);
    const cwd = temporaryFolder();
    const file = writeTinyExperiment(cwd, settings);
    expect((await rlvr(cwd, 'run', file)).code).toBe(0);
    const runs = path.join(disk.folder, 'runs');
    fill(disk.folder, 120 * 1024);

    const { code, err } = await rlvr(cwd, 'run', file, '--runs-folder', runs);
    expect(code).toBe(2);
    expect(err).toContain('error[run/unwritable]: ');
    const run = path.join(runs, readdirSync(runs)[0]!);
    const steps = readMetrics(run).map(({ step }) => step);
    expect(steps.length).toBeGreaterThan(4);
    expect(steps).toEqual(steps.map((_, index) => index + 1));

    rmSync(path.join(disk.folder, 'ballast'));
    expect(await rlvr(cwd, 'resume', 'latest', '--runs-folder', runs)).toMatchObject({ code: 0, err: '' });
    const reference = path.join(cwd, '.rlvr', 'runs');
    expect(outcomeOf(run)).toEqual(outcomeOf(path.join(reference, readdirSync(reference)[0]!)));
  });
});

describe('a folder that cannot be written', () => {
  it('refuses a new run: a file is in the way', async () => {
    const cwd = temporaryFolder();
    const file = writeTinyExperiment(cwd);
    writeFileSync(path.join(cwd, 'runs'), 'mine');
    const { code, out, err } = await rlvr(cwd, 'run', file, '--runs-folder', 'runs');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(
      `error[run/unwritable]: Cannot write ${path.join(cwd, 'runs')}: something of this name is in the way (EEXIST).\n`,
    );
    expect(readFileSync(path.join(cwd, 'runs'), 'utf8')).toBe('mine');
  });

  it('refuses to go on with a run, which stays as it was', async (test) => {
    const disk = tinyDisk();
    if ('reason' in disk) return test.skip(disk.reason);
    const cwd = temporaryFolder();
    const file = writeTinyExperiment(cwd, settings);
    const runs = path.join(disk.folder, 'runs');
    const started = await rlvr(cwd, 'run', file, '--runs-folder', runs, '--set', 'training.steps=2');
    expect(started.code).toBe(0);
    // The worker has its log open until its process is gone, a moment after the run has ended.
    const remount = (): Buffer => execFileSync('mount', ['-o', 'remount,ro', disk.folder], { stdio: 'pipe' });
    await vi.waitFor(remount, { timeout: 20_000 });
    for (const args of [
      ['run', file],
      ['resume', 'latest'],
    ]) {
      const { code, err } = await rlvr(cwd, ...args, '--runs-folder', runs);
      expect({ code, err }).toEqual({
        code: 2,
        err: expect.stringMatching(/^error\[run\/unwritable\]: .*the file system is read-only/) as string,
      });
    }
    expect((await rlvr(cwd, 'show', 'latest', '--runs-folder', runs)).out).toMatch(/\nstatus +finished\n/);
  });
});
