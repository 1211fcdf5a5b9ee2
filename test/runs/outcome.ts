import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isMachineMetric } from '../../core/metricNames.ts';
import { readRun } from '../../core/runs/runJson.ts';
import { readRecords } from './readRecords.ts';

/** Files whose bytes hold moments or durations: compared by what they say, or not at all. */
const withMoments =
  /^(run\.json|progress\.json|metrics\.jsonl|events\.out\..*|checkpoints\/step-\d+\/checkpoint\.json)$/;
const ofProcesses = /^(worker\.log|locks\/?.*)$/;

/** All of a finished run that may not depend on when and how often its process died: two runs are the same where these are equal. */
export function outcomeOf(runFolder: string): object {
  const { status, steps, evaluation, checkpoints, checks, trainableParameters, hashes, plugins } = readRun(runFolder);
  const files = listFiles(runFolder).filter((name) => !ofProcesses.test(name));
  const isEvents = (name: string): boolean => name.startsWith('events.out.');
  return {
    record: { status, steps, evaluation, checkpoints, checks, trainableParameters, hashes, plugins },
    files: files.map((name) => (isEvents(name) ? 'events' : name)),
    metrics: metricsOf(runFolder),
    events: files.filter(isEvents).map((name) => recordLengths(path.join(runFolder, name))),
    bytes: Object.fromEntries(
      files.filter((name) => !withMoments.test(name)).map((name) => [name, hashOf(path.join(runFolder, name))]),
    ),
  };
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

function recordLengths(file: string): readonly number[] {
  return readRecords(file).map((record) => record.length);
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
