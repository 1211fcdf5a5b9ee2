import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listCheckpoints, newestCheckpoint, writeCheckpoint } from '../../core/runs/checkpointFolder.ts';
import { completionSteps, writeCompletions } from '../../core/runs/completions.ts';
import { openMetrics, readMetrics } from '../../core/runs/metrics.ts';
import { rewindRun } from '../../core/runs/rewind.ts';
import { openEvents } from '../../core/runs/tfevents.ts';
import { temporaryFolder } from './folder.ts';
import { buildProgram, startProgram } from './program.ts';

async function write(run: string, step: number, content = `state ${step}`, keep = 9): Promise<void> {
  await writeCheckpoint(
    run,
    step,
    (folder) => {
      writeFileSync(path.join(folder, 'state.safetensors'), content);
      mkdirSync(path.join(folder, 'peft'));
      writeFileSync(path.join(folder, 'peft', 'adapter_config.json'), '{}');
      return Promise.resolve('native' as const);
    },
    { keep },
  );
}

const steps = (run: string): number[] => listCheckpoints(run).map((checkpoint) => checkpoint.step);

describe('writeCheckpoint', () => {
  it('writes a folder that is found again, with the lengths of the appended files', async () => {
    const run = temporaryFolder();
    expect(newestCheckpoint(run)).toBeUndefined();
    writeFileSync(path.join(run, 'metrics.jsonl'), '{"step":1}\n');
    writeFileSync(path.join(run, 'events.out.tfevents.1.rlvr'), 'abc');
    await write(run, 1);
    expect(newestCheckpoint(run)).toEqual({
      step: 1,
      folder: path.join(run, 'checkpoints', 'step-1'),
      format: 'native',
      appendedLengths: { 'metrics.jsonl': 11, 'events.out.tfevents.1.rlvr': 3 },
    });
    expect(readdirSync(path.join(run, 'checkpoints'))).toEqual(['step-1']);
  });

  it('keeps the newest by number, not by name', async () => {
    const run = temporaryFolder();
    for (const step of [1, 9, 10, 11]) await write(run, step, 'x', 2);
    expect(steps(run)).toEqual([10, 11]);
    expect(readdirSync(path.join(run, 'checkpoints')).sort()).toEqual(['step-10', 'step-11']);
  });

  it('leaves the earlier ones alone when writing fails', async () => {
    const run = temporaryFolder();
    await write(run, 1);
    const failure = new Error('no tensors');
    await expect(writeCheckpoint(run, 2, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(readdirSync(path.join(run, 'checkpoints'))).toEqual(['step-1']);
  });

  it('replaces a checkpoint of the same step, and survives a crash in between', async () => {
    const run = temporaryFolder();
    await write(run, 1, 'old');
    await write(run, 1, 'new');
    const folder = path.join(run, 'checkpoints');
    expect(readdirSync(folder)).toEqual(['step-1']);
    expect(readFileSync(path.join(folder, 'step-1', 'state.safetensors'), 'utf8')).toBe('new');
    renameSync(path.join(folder, 'step-1'), path.join(folder, 'replaced-step-1'));
    expect(newestCheckpoint(run)?.folder).toBe(path.join(folder, 'replaced-step-1'));
    await write(run, 1, 'newer');
    expect(readdirSync(folder)).toEqual(['step-1']);
  });
});

describe('newestCheckpoint', () => {
  it.each([
    ['a file is missing', (folder: string) => rmSync(path.join(folder, 'peft', 'adapter_config.json'))],
    ['a file is cut', (folder: string) => truncateSync(path.join(folder, 'state.safetensors'), 3)],
    ['the seal is missing', (folder: string) => rmSync(path.join(folder, 'checkpoint.json'))],
    ['the seal is torn', (folder: string) => truncateSync(path.join(folder, 'checkpoint.json'), 10)],
    ['the folder has another step’s name', (folder: string) => renameSync(folder, folder.replace('step-2', 'step-3'))],
    [
      'the seal would cut other files',
      (folder: string) =>
        writeFileSync(
          path.join(folder, 'checkpoint.json'),
          JSON.stringify({ step: 2, appendedLengths: { '../../notes.txt': 0 }, files: {} }),
        ),
    ],
  ])('passes over a checkpoint when %s', async (_, damage) => {
    const run = temporaryFolder();
    await write(run, 1);
    await write(run, 2);
    damage(path.join(run, 'checkpoints', 'step-2'));
    expect(newestCheckpoint(run)?.step).toBe(1);
  });
});

describe('rewindRun', () => {
  function train(run: string, from: number, to: number): void {
    const metrics = openMetrics(run);
    const events = openEvents(run, '2026-01-01T00:00:00.000Z');
    for (let step = from; step <= to; step++) {
      const row = {
        step,
        prompt: 'p',
        completion: 'c',
        rewards: { exact: 1 },
        advantage: 0,
        problemId: 'a',
        finished: true,
        tokens: 1,
      };
      writeCompletions(run, step, [row]);
      events.append(step, { reward: step }, 0);
      metrics.append({ step, metrics: { reward: step } });
    }
    metrics.close();
    events.close();
  }

  const content = (run: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(run, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .sort()
        .map((file) => [path.relative(run, file), readFileSync(file, 'latin1')]),
    );

  it('goes back to a checkpoint, so that what follows equals never having stopped', async () => {
    const [whole, resumed] = [temporaryFolder(), temporaryFolder()];
    for (const run of [whole, resumed]) {
      train(run, 1, 3);
      await write(run, 3);
    }
    train(resumed, 4, 6);
    rewindRun(resumed, newestCheckpoint(resumed));
    rewindRun(resumed, newestCheckpoint(resumed));
    expect(content(resumed)).toEqual(content(whole));
    train(whole, 4, 5);
    train(resumed, 4, 5);
    expect(content(resumed)).toEqual(content(whole));
  });

  it('goes back to before the first step where there is no checkpoint', () => {
    const run = temporaryFolder();
    train(run, 1, 2);
    mkdirSync(path.join(run, 'checkpoints', 'step-2'), { recursive: true });
    rewindRun(run, undefined);
    expect(readMetrics(run)).toEqual([]);
    expect(completionSteps(run)).toEqual([]);
    expect(readdirSync(path.join(run, 'checkpoints'))).toEqual([]);
  });

  it('refuses to go on when metrics are lost', async () => {
    const run = temporaryFolder();
    train(run, 1, 3);
    await write(run, 3);
    truncateSync(path.join(run, 'metrics.jsonl'), 5);
    expect(() => rewindRun(run, newestCheckpoint(run))).toThrow(
      expect.objectContaining({ code: 'run/corrupt' }) as Error,
    );
    expect(existsSync(path.join(run, 'completions', 'step-000003.parquet'))).toBe(true);
  });
});

describe('kill -9', () => {
  const writer = `
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { newestCheckpoint, writeCheckpoint } from '../../core/runs/checkpointFolder.ts';
import { writeCompletions } from '../../core/runs/completions.ts';
import { openMetrics } from '../../core/runs/metrics.ts';
import { rewindRun } from '../../core/runs/rewind.ts';
import { openEvents } from '../../core/runs/tfevents.ts';
const [run, dieAt] = [process.argv[2], Number(process.argv[3])];
const newest = newestCheckpoint(run);
rewindRun(run, newest);
const metrics = openMetrics(run);
const events = openEvents(run, '2026-01-01T00:00:00.000Z');
let operations = 0;
// Dies in the middle of everything: between any two of the system calls that matter.
const maybeDie = () => { if (++operations === dieAt) process.kill(process.pid, 'SIGKILL'); };
for (let step = (newest?.step ?? 0) + 1; step <= 8; step++) {
  maybeDie();
  const row = { step, prompt: 'p', completion: 'c', rewards: { exact: 1 }, advantage: 0, problemId: 'a', finished: true, tokens: 1 };
  writeCompletions(run, step, [row]);
  maybeDie();
  events.append(step, { reward: step }, 0);
  maybeDie();
  metrics.append({ step, metrics: { reward: step } });
  maybeDie();
  if (step % 2 === 0) await writeCheckpoint(run, step, async (folder) => {
    writeFileSync(path.join(folder, 'state.safetensors'), 'x'.repeat(step * 100000));
    maybeDie();
    return 'native';
  }, { keep: 2 });
  maybeDie();
}
console.log('complete');`;

  it('at any point, then going on, gives the same files as never having stopped', async () => {
    const file = buildProgram(temporaryFolder(), writer);
    const whole = temporaryFolder();
    expect((await startProgram(file, [whole, '0']).ended()).output).toBe('complete\n');
    const run = temporaryFolder();
    for (const dieAt of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
      const { signal } = await startProgram(file, [run, String(dieAt)]).ended();
      expect(signal).toBe('SIGKILL');
      expect(readMetrics(run).map((line) => line.step)).toEqual(readMetrics(run).map((_, index) => index + 1));
    }
    expect((await startProgram(file, [run, '0']).ended()).output).toBe('complete\n');
    const names = (folder: string): string[] => (readdirSync(folder, { recursive: true }) as string[]).sort();
    expect(names(run)).toEqual(names(whole));
    for (const name of ['metrics.jsonl', 'events.out.tfevents.1767225600.rlvr', 'completions/step-000008.parquet']) {
      expect(readFileSync(path.join(run, name)).equals(readFileSync(path.join(whole, name))), name).toBe(true);
    }
  });
});
