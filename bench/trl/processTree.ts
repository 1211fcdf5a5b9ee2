import { readdirSync, readFileSync } from 'node:fs';

/** Watches the memory of a process and of all that it starts; Linux only, elsewhere it sees nothing. */
export interface MemoryWatch {
  /** Ends the watch; the sum over the processes seen of each one's highest resident memory, in bytes. */
  stop(): number;
}

const intervalMilliseconds = 200;

/**
 * Starts to watch. The kernel keeps each process's high-water mark, so reading it now and then misses a peak only where a process grows
 * between the last reading and its end.
 */
export function watchMemory(rootProcess: number): MemoryWatch {
  const highest = new Map<number, number>();
  const read = (): void => {
    for (const id of processTree(rootProcess)) highest.set(id, Math.max(highest.get(id) ?? 0, highWaterMark(id)));
  };
  const timer = setInterval(read, intervalMilliseconds);
  return {
    stop: () => {
      clearInterval(timer);
      return [...highest.values()].reduce((sum, bytes) => sum + bytes, 0);
    },
  };
}

function processTree(root: number): number[] {
  return [root, ...childrenOf(root).flatMap(processTree)];
}

function childrenOf(id: number): number[] {
  const tasks = attempt(() => readdirSync(`/proc/${id}/task`)) ?? [];
  return tasks.flatMap((task) => {
    const children = attempt(() => readFileSync(`/proc/${id}/task/${task}/children`, 'utf8')) ?? '';
    return children.split(' ').filter(Boolean).map(Number);
  });
}

function highWaterMark(id: number): number {
  const status = attempt(() => readFileSync(`/proc/${id}/status`, 'utf8')) ?? '';
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** A process may end between two looks at it. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
