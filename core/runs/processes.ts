import { readFileSync } from 'node:fs';
import { errnoOf } from './writing.ts';

interface ProcessFacts {
  readonly startTime: string;
  readonly state: string;
}

/** When a process started, in the kernel's ticks since boot; undefined where the system has no /proc, or no such process. */
export function processStartTime(pid: number): string | undefined {
  return processFacts(pid)?.startTime;
}

/**
 * Whether the process with this id runs and is the one that had `startTime` (ids are used again). A process that has ended but whose parent
 * has not collected it does not run.
 */
export function isProcessRunning(pid: number, startTime: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') return false;
  }
  const facts = processFacts(pid);
  if (facts === undefined) return true;
  if (facts.state === 'Z' || facts.state === 'X') return false;
  return startTime === undefined || facts.startTime === startTime;
}

function processFacts(pid: number): ProcessFacts | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may hold anything; `state` is the third, `starttime` the 22nd.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return state === undefined || startTime === undefined ? undefined : { state, startTime };
}
