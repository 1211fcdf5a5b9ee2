import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isMachineMetric } from '../../core/metricNames.ts';
import { readRun } from '../../core/runs/runJson.ts';
import type { RunRecord } from '../../core/runs/runRecord.ts';
import { readRecords } from './readRecords.ts';

/** Files whose bytes hold moments or durations: compared by what they say, or not at all. */
const withMoments =
  /^(run\.json|progress\.json|metrics\.jsonl|events\.out\..*|checkpoints\/step-\d+\/checkpoint\.json)$/;
const ofProcesses = /^(worker\.log|locks\/?.*)$/;

/** All of a finished run that may not depend on when and how often its process died. */
export interface Outcome {
  readonly record: Partial<RunRecord>;
  /** Names of all files, those of processes left out. */
  readonly files: readonly string[];
  readonly metrics: readonly unknown[];
  /** Lengths of the records of the TensorBoard file. */
  readonly events: readonly number[];
  /** Hashes of the other files that hold no moments and no durations: completions, and all of the checkpoints but their seals. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** Two runs are the same where their outcomes are equal. */
export function outcomeOf(runFolder: string): Outcome {
  const { status, steps, evaluation, checkpoints, checks, trainableParameters, hashes, plugins } = readRun(runFolder);
  const files = listFiles(runFolder).filter((name) => !ofProcesses.test(name));
  const events = files.filter(isEventsFile);
  const hashed = files.filter((name) => !withMoments.test(name));
  return {
    record: { status, steps, evaluation, checkpoints, checks, trainableParameters, hashes, plugins },
    files: files.map((name) => (isEventsFile(name) ? 'events' : name)),
    metrics: metricsOf(runFolder),
    events: events.flatMap((name) => readRecords(path.join(runFolder, name)).map((record) => record.length)),
    hashes: Object.fromEntries(hashed.map((name) => [name, hashOf(path.join(runFolder, name))])),
  };
}

function isEventsFile(name: string): boolean {
  return name.startsWith('events.out.');
}

/** Every line with all of its names in order, and the values of those that do not depend on the machine. */
function metricsOf(runFolder: string): readonly unknown[] {
  const text = readFileSync(path.join(runFolder, 'metrics.jsonl'), 'utf8');
  const [end, ...lines] = text.split('\n').reverse();
  if (end !== '') throw new Error(`the last line of ${runFolder} is torn: ${end ?? ''}`);
  return lines.reverse().map((line) => {
    const values = JSON.parse(line) as Record<string, unknown>;
    return Object.entries(values).map(([name, value]) => (isMachineMetric(name) ? [name] : [name, value]));
  });
}

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
