import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { RandomNumbers } from '../../core/contracts/randomNumbers.ts';
import { newestCheckpoint } from '../../core/runs/checkpointFolder.ts';
import { readProgress } from '../../core/runs/progressFile.ts';
import { readRun } from '../../core/runs/runJson.ts';
import { createRun } from '../../core/runs/runStore.ts';
import { runCommand } from '../cli/product.ts';
import type { Product } from '../cli/product.ts';
import { drawKillPoint, waitFor } from './killPoint.ts';
import type { RunShape } from './killPoint.ts';
import { outcomeOf } from './outcome.ts';
import { startProgram } from './program.ts';
import { writeTinyExperiment } from './tinyExperiment.ts';

/** An experiment, and how it goes without interruption. */
export interface KillSubject {
  readonly product: Product;
  readonly cwd: string;
  /** Folder of the run that nothing interrupted. */
  readonly reference: string;
  readonly shape: RunShape;
}

/** Runs a tiny experiment to its end, twice: what one process writes must equal what another writes before kills can be blamed. */
export async function prepareKills(product: Product, cwd: string, changes: object): Promise<KillSubject> {
  const file = writeTinyExperiment(cwd, { ...changes });
  const { code, out, err } = await runCommand(product, cwd, ['run', file, '--json']);
  expect({ code, err }, out).toEqual({ code: 0, err: '' });
  const runs = path.join(cwd, '.rlvr', 'runs');
  const reference = path.join(runs, readdirSync(runs)[0]!);
  const { experiment, checkpoints } = readRun(reference);
  const last = path.join(reference, 'checkpoints', `step-${checkpoints.at(-1)!.step}`);
  const shape = {
    milliseconds: 0,
    steps: experiment.training.steps,
    checkpointEvery: experiment.training.checkpoint_every,
    metricsBytes: statSync(path.join(reference, 'metrics.jsonl')).size,
    stateBytes: statSync(path.join(last, 'state.safetensors')).size,
  };
  const again = createAgain({ cwd, reference });
  const started = performance.now();
  expect(await startProgram(product.worker, [again]).ended()).toMatchObject({ code: 0, output: '' });
  const milliseconds = performance.now() - started;
  expect(outcomeOf(again)).toEqual(outcomeOf(reference));
  return { product, cwd, reference, shape: { ...shape, milliseconds } };
}

/** A run of the same experiment that has not begun. */
export function createAgain({ cwd, reference }: Pick<KillSubject, 'cwd' | 'reference'>): string {
  const { experiment, source } = readRun(reference);
  return createRun(path.join(cwd, '.rlvr', 'runs'), { experiment, source }).folder;
}

/**
 * Starts a run's process and ends it with SIGKILL, `kills` times over, then lets `rlvr resume` bring the run to its
 * end. Returns where the kills landed; fewer than asked for where the run was at its end before. Throws where the
 * finished run differs from the uninterrupted one.
 */
export async function killAndResume(
  subject: KillSubject,
  kills: number,
  random: RandomNumbers,
): Promise<readonly string[]> {
  const { product, cwd, reference, shape } = subject;
  const run = createAgain(subject);
  const landings: string[] = [];
  const told: string[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const attempts = readRun(run).attempts.length;
    const point = drawKillPoint(run, shape, random);
    const { child, ended } = startProgram(product.worker, [run]);
    await waitFor(point, () => child.exitCode !== null || child.signalCode !== null);
    child.kill('SIGKILL');
    const { signal, output } = await ended();
    told.push(`${point.name}: ${signal === 'SIGKILL' ? landing(run, attempts) : `missed ${output}`}`);
    if (signal !== 'SIGKILL') break;
    landings.push(landing(run, attempts));
  }
  if (readRun(run).status !== 'finished') {
    const { code, out, err } = await runCommand(product, cwd, ['resume', path.basename(run), '--json']);
    expect({ code, err, told }, out).toEqual({ code: 0, err: '', told });
  }
  expect({ ...outcomeOf(run), told }).toEqual({ ...outcomeOf(reference), told });
  return landings;
}

/** In the middle of what a run's process was ended, by what it left behind. */
function landing(run: string, attemptsBefore: number): string {
  const { attempts, status, steps, experiment } = readRun(run);
  if (status === 'finished') return 'after the end was recorded';
  if (attempts.length === attemptsBefore) return 'before the run was taken';
  const has = (folder: string, test: (name: string) => boolean): boolean => {
    try {
      return readdirSync(path.join(run, folder)).some(test);
    } catch {
      return false;
    }
  };
  if (has('checkpoints', (name) => name.startsWith('.unfinished'))) return 'writing a checkpoint';
  if (has('completions', (name) => name.endsWith('.tmp'))) return 'writing completions';
  if (has('.', (name) => name.endsWith('.tmp'))) return 'replacing run.json or progress.json';
  if (hasTornLine(run)) return 'within a line of metrics';
  if (newestCheckpoint(run)?.step === experiment.training.steps) return 'after the last checkpoint';
  const phase = readProgress(run)?.phase ?? 'starting';
  return phase === 'starting' && steps === 0 ? 'starting, before any step' : phase;
}

function hasTornLine(run: string): boolean {
  try {
    return !/(^|\n)$/.test(readFileSync(path.join(run, 'metrics.jsonl'), 'utf8'));
  } catch {
    return false;
  }
}
