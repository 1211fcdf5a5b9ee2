import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { RandomNumbers } from '../../core/contracts/randomNumbers.ts';
import { newestCheckpoint } from '../../core/runs/checkpointFolder.ts';
import { waitUntil } from './waitUntil.ts';

/** What an uninterrupted run was like: moments are drawn from it. */
export interface RunShape {
  /** From the start of its process to the end. */
  readonly milliseconds: number;
  readonly steps: number;
  readonly checkpointEvery: number;
  readonly metricsBytes: number;
  readonly stateBytes: number;
}

/** A moment in the life of a run's process: after so long, or once its folder looks like this. */
export interface KillPoint {
  readonly name: string;
  readonly milliseconds?: number;
  isReached?(): boolean;
}

/** Draws a moment that still lies ahead of a run. */
export function drawKillPoint(runFolder: string, shape: RunShape, random: RandomNumbers): KillPoint {
  const newest = newestCheckpoint(runFolder);
  const done = newest?.step ?? 0;
  const stepsLeft = Math.max(1, shape.steps - done);
  const step = done + 1 + random.integer(stepsLeft);
  const saved = Math.min(shape.steps, shape.checkpointEvery * Math.ceil(step / shape.checkpointEvery));
  const written = newest?.appendedLengths['metrics.jsonl'] ?? 0;
  const bytes = written + 1 + random.integer(Math.max(1, shape.metricsBytes - written));
  const unfinished = path.join(runFolder, 'checkpoints', `.unfinished-step-${saved}`);
  const stateBytes = random.integer(shape.stateBytes);
  const completions = path.join(runFolder, 'completions');
  const points: readonly KillPoint[] = [
    { name: 'after a time', milliseconds: random.uniform() * shape.milliseconds },
    { name: 'metrics of some length', isReached: () => size(path.join(runFolder, 'metrics.jsonl')) >= bytes },
    {
      name: 'completions of a step',
      isReached: () => existsSync(path.join(completions, `step-${String(step).padStart(6, '0')}.parquet`)),
    },
    { name: 'a checkpoint begun', isReached: () => existsSync(unfinished) },
    {
      name: 'a checkpoint in part',
      isReached: () => size(path.join(unfinished, 'state.safetensors')) > stateBytes,
    },
    { name: 'a checkpoint sealed', isReached: () => existsSync(path.join(unfinished, 'checkpoint.json')) },
    {
      name: 'a checkpoint in its place',
      isReached: () => existsSync(path.join(runFolder, 'checkpoints', `step-${saved}`)),
    },
    { name: 'a file being replaced', isReached: () => hasTemporary(runFolder) || hasTemporary(completions) },
    { name: 'the run taken', isReached: () => names(path.join(runFolder, 'locks')).length > 0 },
  ];
  // Times are half of all: they are spread over everything, the looks of the folder over the moments of writing.
  return random.integer(2) === 0 ? points[0]! : points[1 + random.integer(points.length - 1)]!;
}

/** Waits for a moment, or until the process has ended. What looks so from the beginning (an earlier process left it) has to go first. */
export async function waitFor(point: KillPoint, hasEnded: () => boolean): Promise<void> {
  const { milliseconds, isReached } = point;
  const end = performance.now() + (milliseconds ?? 0);
  let isNew = milliseconds !== undefined;
  await waitUntil(() => {
    const isThere = isReached?.() ?? performance.now() >= end;
    if (isThere && isNew) return true;
    isNew ||= !isThere;
    return hasEnded();
  });
}

function hasTemporary(folder: string): boolean {
  return names(folder).some((name) => name.endsWith('.tmp'));
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function size(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? -1;
}
