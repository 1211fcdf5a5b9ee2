import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { readJsonFile } from './jsonFile.ts';
import { runFile } from './runFiles.ts';

const progressSchema = z.object({
  phase: z.enum(['starting', 'downloading', 'calibrating', 'evaluating', 'rollout', 'training', 'saving', 'finished']),
  done: z.number(),
  total: z.number().optional(),
  notes: z
    .array(z.object({ level: z.enum(['info', 'warning']), message: z.string() }))
    .describe('What the engine had to say, oldest first'),
});

/** What a run's process is doing now. */
export type RunProgress = z.output<typeof progressSchema>;

/**
 * Replaces a run's `progress.json`, atomically but not durably: it tells what is going on, and nothing depends on it. A file system that
 * refuses is passed over; what matters is written elsewhere and fails there.
 */
export function writeProgress(runFolder: string, progress: RunProgress): void {
  const file = runFile(runFolder, 'progress');
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, JSON.stringify(progress));
    renameSync(temporary, file);
  } catch {
    rmSync(temporary, { force: true });
  }
}

/** A run's progress; undefined where there is none that can be read. */
export function readProgress(runFolder: string): RunProgress | undefined {
  try {
    return progressSchema.parse(readJsonFile(runFile(runFolder, 'progress')));
  } catch {
    return undefined;
  }
}
