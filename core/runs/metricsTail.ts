import { closeSync, fstatSync, openSync, readSync, watch } from 'node:fs';
import path from 'node:path';
import { parseMetricsLine } from './metrics.ts';
import type { MetricsLine } from './metrics.ts';
import { runFile, runFiles } from './runFiles.ts';
import { errnoOf } from './writing.ts';

const chunkBytes = 1024 * 1024;
const pollMilliseconds = 500;

/** What was added since the last look. */
export interface TailChange {
  /** True when the file was cut (a resumed run goes back to its checkpoint): forget all earlier lines, `lines` begins anew. */
  readonly reset: boolean;
  readonly lines: readonly MetricsLine[];
}

/** A reader that remembers how far it has read. */
export interface MetricsTail {
  /** Complete lines added since the last call. */
  read(): TailChange;
}

/**
 * Reads a growing `metrics.jsonl`. A file that shrank, also one that grew again beyond where it was, is noticed by the
 * last line read, which must still stand in its place.
 */
export function openMetricsTail(runFolder: string): MetricsTail {
  const file = runFile(runFolder, 'metrics');
  let offset = 0;
  let anchor = Buffer.alloc(0);
  return {
    read: () => {
      let descriptor: number;
      try {
        descriptor = openSync(file, 'r');
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
        const reset = offset > 0;
        offset = 0;
        anchor = Buffer.alloc(0);
        return { reset, lines: [] };
      }
      try {
        const reset = !readAt(descriptor, offset - anchor.length, anchor.length).equals(anchor);
        if (reset) offset = 0;
        const bytes = readAt(descriptor, offset, fstatSync(descriptor).size - offset);
        const end = bytes.lastIndexOf(0x0a) + 1;
        const complete = bytes.subarray(0, end);
        if (end > 0) anchor = Buffer.from(complete.subarray(complete.lastIndexOf(0x0a, -2) + 1));
        else if (reset) anchor = Buffer.alloc(0);
        offset += end;
        return {
          reset,
          lines: complete
            .toString('utf8')
            .split('\n')
            .flatMap((line) => parseMetricsLine(line) ?? []),
        };
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

/**
 * Changes of a run's metrics as they come, until `signal` is aborted. Watches the folder, and looks twice a second
 * where watching fails.
 */
export async function* followMetrics(
  runFolder: string,
  signal: AbortSignal,
): AsyncGenerator<TailChange, void, undefined> {
  const tail = openMetricsTail(runFolder);
  const changes = watchFile(runFile(runFolder, 'metrics'), signal);
  try {
    while (!signal.aborted) {
      const change = tail.read();
      if (change.reset || change.lines.length > 0) yield change;
      else await changes.next();
    }
  } finally {
    changes.close();
  }
}

interface FileChanges {
  /** Resolves at the next change, at the latest after the poll interval or when aborted. */
  next(): Promise<void>;
  close(): void;
}

function watchFile(file: string, signal: AbortSignal): FileChanges {
  let changed = false;
  let wake: () => void = () => undefined;
  const notice = (): void => {
    changed = true;
    wake();
  };
  const watcher = watchFolder(path.dirname(file), (name) => {
    if (name === null || name === runFiles.metrics) notice();
  });
  signal.addEventListener('abort', notice);
  return {
    next: () =>
      new Promise((resolve) => {
        const timer = setTimeout(notice, pollMilliseconds);
        wake = () => {
          clearTimeout(timer);
          changed = false;
          wake = () => undefined;
          resolve();
        };
        if (changed) wake();
      }),
    close: () => {
      signal.removeEventListener('abort', notice);
      watcher.close();
    },
  };
}

function watchFolder(folder: string, listener: (name: string | null) => void): { close(): void } {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      listener(name);
    });
    // A watch can die at any time (limits, removed folder); the poll goes on.
    watcher.on('error', () => {
      watcher.close();
    });
    return watcher;
  } catch {
    return { close: () => undefined };
  }
}

function readAt(descriptor: number, position: number, length: number): Buffer<ArrayBuffer> {
  const chunks: Buffer[] = [];
  let read = 0;
  while (read < length) {
    const chunk = Buffer.alloc(Math.min(chunkBytes, length - read));
    const count = readSync(descriptor, chunk, 0, chunk.length, position + read);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    read += count;
  }
  return Buffer.concat(chunks);
}
