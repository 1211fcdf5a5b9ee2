import { readdirSync, readFileSync } from 'node:fs';

/** What a process and all that descend from it come to. */
export interface TreeUse {
  readonly processes: number;
  /** Resident, in bytes. */
  readonly memory: number;
}

/** Pages of the systems that we run on; where they are larger, less is found. */
const pageBytes = 4096;

/** As Linux counts them, with 0 where a system does not tell; memory that processes share counts for each. */
export function treeUse(pid: number): TreeUse {
  let processes = 0;
  let pages = 0;
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    processes++;
    pages += residentPages(next);
    open.push(...childrenOf(next));
  }
  return { processes, memory: pages * pageBytes };
}

/** Each thread of a process has children of its own. */
function childrenOf(pid: number): readonly number[] {
  return threadsOf(pid).flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function residentPages(pid: number): number {
  return Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0);
}

/** Empty where the process has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
