import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMetrics } from '../../core/runs/metrics.ts';
import { requestStop } from '../../core/runs/stopRequest.ts';
import { lockHolder } from '../../core/runs/lock.ts';
import { createAgain } from '../runs/killHarness.ts';
import { temporaryFolder } from '../runs/folder.ts';
import { outcomeOf } from '../runs/outcome.ts';
import type { Outcome } from '../runs/outcome.ts';
import { startProgram } from '../runs/program.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';
import { waitUntil } from '../runs/waitUntil.ts';
import { productOfSuite, runCommand, startCommand } from './product.ts';
import type { CommandResult } from './product.ts';

const product = productOfSuite();

const rlvr = (cwd: string, ...args: readonly string[]): Promise<CommandResult> => runCommand(product(), cwd, args);
const runFolders = (cwd: string): readonly string[] =>
  readdirSync(path.join(cwd, '.rlvr', 'runs')).map((id) => path.join(cwd, '.rlvr', 'runs', id));

/** An experiment that would go on for minutes, so that it is there to be stopped. */
const long = { training: { steps: 5000, checkpoint_every: 1000 }, evaluation: { before: false, problems: 4 } };

describe('rlvr run', () => {
  it('trains, tells each step on a line of its own, and how it ended', async () => {
    const cwd = temporaryFolder();
    const file = writeTinyExperiment(cwd);
    const { code, out, err } = await rlvr(
      cwd,
      'run',
      path.basename(file),
      '--set',
      'training.steps=4',
      '-s',
      'adapter.r=2',
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.trimEnd().split('\n');
    expect(out).not.toContain('\u001b');
    expect(lines[0]).toMatch(/^run \d{8}-\d{6}-tiny-[0-9a-z]{4}: lora, 4 steps$/);
    const told = lines.slice(1).map((line) => line.replace(/^(step \d\/\d).*/, '$1').replace(/: -?[\d.]+ .*/, ''));
    const order = told.filter((line) => /^(step|held-out)/.test(line));
    expect(order).toEqual([
      'held-out accuracy before training',
      'step 1/4',
      'step 2/4',
      'step 3/4',
      'held-out accuracy after step 3',
      'step 4/4',
      'held-out accuracy after step 4',
    ]);
    expect(lines.at(-6)).toMatch(/^Finished: 4 steps in /);
    expect(lines.slice(-5)).toEqual([
      'Accuracy on 4 held-out problems (95 % interval):',
      expect.stringMatching(/^ {2}before {2}\d+\.\d % \(\d+\.\d to \d+\.\d\)$/),
      expect.stringMatching(/^ {2}after {3}\d+\.\d % \(\d+\.\d to \d+\.\d\), [+-]\d+\.\d points$/),
      expect.stringMatching(/^Adapter \(Hugging Face PEFT\): \.rlvr\/runs\/.*\/checkpoints\/step-4$/),
      expect.stringMatching(/^Next: `rlvr report .*` draws it, `rlvr generate .*` talks with it\.$/),
    ]);
    const shown = JSON.parse((await rlvr(cwd, 'show', 'latest', '--json')).out) as Record<string, unknown>;
    expect(shown).toMatchObject({ status: 'finished', method: 'lora', steps: 4, trainableParameters: 112 });
    expect(shown['seconds']).toBeGreaterThan(0);
  });

  it('prints what happens as JSON, one object a line', async () => {
    const cwd = temporaryFolder();
    const { code, out, err } = await rlvr(cwd, 'run', writeTinyExperiment(cwd), '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; step?: number });
    expect(events[0]).toMatchObject({ event: 'status', status: expect.stringMatching(/queued|running/) as string });
    expect(events.filter(({ event }) => event === 'step').map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(events.filter(({ event }) => event === 'evaluation').map(({ step }) => step)).toEqual([0, 3, 6]);
    const shown = JSON.parse((await rlvr(cwd, 'show', 'latest', '--json')).out) as object;
    expect(events.at(-1)).toEqual({ event: 'end', ...shown });
  });
});

describe('rlvr run --detach, attach, stop and resume', () => {
  it(
    'leave a run alone, come back to it, and stop it so that it goes on as if it had never stopped',
    { timeout: 120_000 },
    async () => {
      const cwd = temporaryFolder();
      const file = writeTinyExperiment(cwd, {
        training: { steps: 40, checkpoint_every: 100 },
        evaluation: { problems: 4 },
      });
      expect((await rlvr(cwd, 'run', file, '--json')).code).toBe(0);
      const [reference = ''] = runFolders(cwd);
      const again = createAgain({ cwd, reference });
      const id = path.basename(again);

      expect(await rlvr(cwd, 'resume', id, '--detach')).toEqual({
        code: 0,
        out: `Run ${id} goes on in the background.\n\`rlvr attach ${id}\` shows it again, \`rlvr stop ${id}\` ends it.\n`,
        err: '',
      });
      const attached = startCommand(product(), cwd, ['attach', id]);
      await attached.printed(`run ${id}: lora, 40 steps`);
      await waitUntil(() => readMetrics(again).length >= 4);
      // Held still until it has been asked, it cannot come to its end before.
      const { pid } = lockHolder(again)!;
      process.kill(pid, 'SIGSTOP');
      const stop = startCommand(product(), cwd, ['stop', id]);
      await stop.printed(`Asked run ${id} to stop after the step in progress.`);
      process.kill(pid, 'SIGCONT');
      const stopped = await stop.ended();
      expect(stopped).toMatchObject({ code: 0, err: '' });
      expect(stopped.out).toMatch(/\nRun \S+ is stopped after \d+ steps\. `rlvr resume \S+` goes on with it\.\n$/);
      const { code, out } = await attached.ended();
      expect(code).toBe(130);
      expect(out).toMatch(/\nStopped: \d+ of 40 steps in /);

      expect(await rlvr(cwd, 'stop', id)).toMatchObject({
        code: 2,
        err: `error[run/not-running]: Run ${id} is not running: it is stopped.\n\`rlvr runs\` shows which runs are in progress.\n`,
      });
      expect(await rlvr(cwd, 'resume', id)).toMatchObject({ code: 0, err: '' });
      expect(withoutStop(outcomeOf(again))).toEqual(withoutStop(outcomeOf(reference)));
      expect(await rlvr(cwd, 'resume', id)).toMatchObject({
        code: 2,
        err: expect.stringContaining('has finished after 40 steps; there is nothing to go on with.') as string,
      });
    },
  );

  it('Ctrl-C stops and saves, and a second one ends it at once', { timeout: 120_000 }, async () => {
    const cwd = temporaryFolder();
    const file = writeTinyExperiment(cwd, long);
    const first = startCommand(product(), cwd, ['run', file]);
    await first.printed('step 1/5000');
    first.child.kill('SIGINT');
    const stopped = await first.ended();
    expect(stopped.code).toBe(130);
    expect(stopped.err).toBe('Stopping after this step and saving. Ctrl-C again: end it at once\n');
    expect(stopped.out).toMatch(
      /\nStopped: \d+ of 5,000 steps in [^]*\nNext: `rlvr resume \S+` goes on from the newest checkpoint\.\n$/,
    );

    const [run = ''] = runFolders(cwd);
    const steps = (JSON.parse((await rlvr(cwd, 'show', 'latest', '--json')).out) as { steps: number }).steps;
    const second = startCommand(product(), cwd, ['resume', 'latest']);
    await second.printed(`step ${steps + 1}/5000`);
    const holder = lockHolder(run);
    // Held still, the training process cannot stop by itself between the two.
    process.kill(holder!.pid, 'SIGSTOP');
    second.child.kill('SIGINT');
    await second.printed('Stopping after this step');
    second.child.kill('SIGINT');
    const killed = await second.ended();
    expect(killed.code).toBe(130);
    expect(killed.out).toMatch(/\nInterrupted: \d+ of 5,000 steps in /);
    expect(lockHolder(run)).toBeUndefined();
    expect(JSON.parse((await rlvr(cwd, 'show', 'latest', '--json')).out)).toMatchObject({ status: 'interrupted' });
  });
});

describe('two processes on one run', () => {
  it('the second is refused, says who has it, and the first goes on', { timeout: 120_000 }, async () => {
    const cwd = temporaryFolder();
    const first = startCommand(product(), cwd, ['run', writeTinyExperiment(cwd, long)]);
    await first.printed('step 1/5000');
    const [run = ''] = runFolders(cwd);
    const id = path.basename(run);
    const holder = lockHolder(run);
    expect(await rlvr(cwd, 'resume', 'latest')).toEqual({
      code: 2,
      out: '',
      err:
        `error[run/locked]: Process ${holder?.pid} is working on this run. ` +
        'Watch it with `rlvr attach`, or end it with `rlvr stop`.\n',
    });
    const worker = await startProgram(product().worker, [run]).ended();
    expect(worker).toMatchObject({
      code: 75,
      output: expect.stringContaining(`Process ${holder?.pid} is working`) as string,
    });
    expect(lockHolder(run)).toEqual(holder);
    expect((await rlvr(cwd, 'runs')).out).toMatch(new RegExp(`^run .*\n${id}  running  lora`));
    requestStop(run);
    const { code, out } = await first.ended();
    expect(code).toBe(130);
    const told = [...out.matchAll(/^step (\d+)\/5000/gm)].map(([, step]) => Number(step));
    const lines = readFileSync(path.join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
    const written = lines.map((line) => (JSON.parse(line) as { step: number }).step);
    expect(written).toEqual(Array.from(written, (_, index) => index + 1));
    expect(told).toEqual(written);
  });
});

describe('rlvr runs', () => {
  it('lists what is there, the damaged included', async () => {
    const cwd = temporaryFolder();
    expect(await rlvr(cwd, 'runs')).toEqual({
      code: 0,
      out: `There are no runs in ${path.join(cwd, '.rlvr', 'runs')}.\n`,
      err: '',
    });
    expect((await rlvr(cwd, 'runs', '--json')).out).toBe('[]\n');
    const damaged = path.join(cwd, '.rlvr', 'runs', '20260131-142501-lora-k3f9');
    mkdirSync(damaged, { recursive: true });
    writeFileSync(path.join(damaged, 'run.json'), '{');
    const { code, out } = await rlvr(cwd, 'runs');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^run +status +method +steps +before +after +created\n20260131-142501-lora-k3f9 +damaged .*not valid JSON/,
    );
  });
});

/** An outcome without the checkpoint that a stop wrote where none was due. */
function withoutStop({ metrics, events, hashes, record }: Outcome): object {
  const kept = Object.entries(hashes).filter(([name]) => !/^checkpoints\/step-(?!40\/)/.test(name));
  return { metrics, events, hashes: kept, record: { ...record, checkpoints: record.checkpoints?.slice(-1) } };
}
