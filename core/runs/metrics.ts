import { existsSync, readFileSync, truncateSync } from 'node:fs';
import type { Metrics } from '../contracts/engine.ts';
import { openAppendedFile } from './appendedFile.ts';
import type { AppendedFile } from './appendedFile.ts';
import { parseJson } from './jsonFile.ts';
import { runFile } from './runFiles.ts';
import { writing } from './writing.ts';

/** One line of `metrics.jsonl`: the values of one optimizer step. The first step is 1; 0 stands for the state before it. */
export interface MetricsLine {
  readonly step: number;
  readonly metrics: Metrics;
}

/** The writer of a run's `metrics.jsonl`. */
export interface MetricsLog extends Omit<AppendedFile, 'append'> {
  /** Adds one line. Throws `run/unwritable`, and then no part of the line is in the file. */
  append(line: MetricsLine): void;
}

/**
 * Opens a run's metrics to append to. A torn last line, which only the death of a writer leaves, is cut off first. Throws `run/unwritable`.
 */
export function openMetrics(runFolder: string): MetricsLog {
  const file = runFile(runFolder, 'metrics');
  writing(file, () => {
    cutTornLine(file);
  });
  const { append, ...appended } = openAppendedFile(file);
  return {
    ...appended,
    append: (line) => {
      append(Buffer.from(formatMetricsLine(line)));
    },
  };
}

/** A line of `metrics.jsonl`. JSON has no NaN and no infinities: they become null, which is read as NaN. */
export function formatMetricsLine({ step, metrics }: MetricsLine): string {
  return `${JSON.stringify({ step, ...metrics })}\n`;
}

/** The step and the numbers of a line; undefined for anything that is not such a line. */
export function parseMetricsLine(text: string): MetricsLine | undefined {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { step, ...rest } = value as Record<string, unknown>;
  if (typeof step !== 'number' || !Number.isSafeInteger(step) || step < 0) return undefined;
  const numbers = Object.entries(rest).flatMap(([name, entry]): [string, number][] => {
    if (entry === null) return [[name, Number.NaN]];
    return typeof entry === 'number' ? [[name, entry]] : [];
  });
  return { step, metrics: Object.fromEntries(numbers) };
}

/** All lines of a run's metrics in order; a torn last line and lines that are none are left out. Empty where there is no file. */
export function readMetrics(runFolder: string): readonly MetricsLine[] {
  const file = runFile(runFolder, 'metrics');
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  return complete.split('\n').flatMap((line) => parseMetricsLine(line) ?? []);
}

function cutTornLine(file: string): void {
  if (!existsSync(file)) return;
  const bytes = readFileSync(file);
  const complete = bytes.lastIndexOf(0x0a) + 1;
  if (complete < bytes.length) truncateSync(file, complete);
}
