import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { RlvrError } from '../errors.ts';
import { readJsonFile } from './jsonFile.ts';
import { isProcessRunning, processStartTime } from './processes.ts';
import { runFile } from './runFiles.ts';
import { writing } from './writing.ts';

const holderSchema = z.object({ pid: z.int().min(1), startTime: z.string().optional(), host: z.string() });

/** The process that has a run. */
export type LockHolder = z.output<typeof holderSchema>;

/** A lock that this process holds. */
export interface RunLock {
  release(): void;
}

/** Another candidate's file that stays for this many looks is no candidate's any more: that process has the run. */
const looksOfHolder = 3;
const mostAttempts = 60;

/**
 * Takes a run for this process. Every candidate first puts down a file of its own and only then looks for others, so of two that
 * start together at least one sees the other; one that sees another withdraws its file and tries again after a moment, under a
 * new name. Files of dead processes do not count, so no lock ever has to be broken. Throws `run/locked`, naming the holder, or
 * `run/unwritable`.
 */
export async function acquireLock(runFolder: string): Promise<RunLock> {
  const folder = runFile(runFolder, 'locks');
  const startTime = processStartTime(process.pid);
  const own: LockHolder = {
    pid: process.pid,
    host: os.hostname(),
    ...(startTime === undefined ? {} : { startTime }),
  };
  let looks = new Map<string, number>();
  for (let attempt = 1; ; attempt++) {
    const file = path.join(folder, `${process.pid}-${randomBytes(6).toString('hex')}.json`);
    writing(file, () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, JSON.stringify(own), { flag: 'wx' });
    });
    const others = runningHolders(folder).filter((entry) => entry.file !== file);
    const [other] = others;
    if (other === undefined) return { release: () => rmSync(file, { force: true }) };
    rmSync(file, { force: true });
    looks = new Map(others.map((entry) => [entry.file, (looks.get(entry.file) ?? 0) + 1]));
    const holder = others.find((entry) => looks.get(entry.file) === looksOfHolder);
    if (holder !== undefined || attempt === mostAttempts) throw lockedError(runFolder, (holder ?? other).holder);
    await delay(randomInt(5, 10 + 5 * attempt));
  }
}

/** The running process that has the run, if any. One on another host cannot be asked and counts as running. */
export function lockHolder(runFolder: string): LockHolder | undefined {
  return runningHolders(runFile(runFolder, 'locks'))[0]?.holder;
}

function lockedError(runFolder: string, holder: LockHolder): RlvrError {
  const isElsewhere = holder.host !== os.hostname();
  const where = isElsewhere ? ` on ${holder.host}` : '';
  const way = isElsewhere
    ? `If that machine is gone, delete ${runFile(runFolder, 'locks')}.`
    : 'Watch it with `rlvr attach`, or end it with `rlvr stop`.';
  return new RlvrError('run/locked', `Process ${holder.pid}${where} is working on this run. ${way}`, {
    pid: holder.pid,
    host: holder.host,
    run: path.basename(runFolder),
  });
}

function runningHolders(folder: string): readonly { file: string; holder: LockHolder }[] {
  return lockNames(folder).flatMap((name) => {
    const file = path.join(folder, name);
    const holder = readHolder(file, name);
    if (holder === undefined) return [];
    if (holder.host !== os.hostname() || isProcessRunning(holder.pid, holder.startTime)) return [{ file, holder }];
    rmSync(file, { force: true });
    return [];
  });
}

function lockNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A file whose content is not written yet (or never was, by a process that died) is known by the process id in its name. */
function readHolder(file: string, name: string): LockHolder | undefined {
  try {
    const parsed = holderSchema.safeParse(readJsonFile(file));
    if (parsed.success) return parsed.data;
  } catch {
    // Torn, or just removed by its owner: decided by the name.
  }
  const pid = /^(\d+)-[0-9a-f]+\.json$/.exec(name)?.[1];
  return pid === undefined ? undefined : { pid: Number(pid), host: os.hostname() };
}
