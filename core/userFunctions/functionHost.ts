import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** What a call came to: a number, nothing, or why there is neither, in words. */
export interface HostAnswer {
  readonly value?: number;
  readonly problem?: string;
  /** The call was given up, and the process with it. */
  readonly isLate?: boolean;
}

/** What a host is started with: one of `hostPrograms`, and the folder that it runs in. */
export interface HostProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
}

/** A process that holds a function of a user's and calls it, one call at a time. */
export interface FunctionHost {
  /** Resolves when the function is loaded; its problem says why it is not. */
  readonly loaded: Promise<HostAnswer>;
  /** Whether the process can still be asked. */
  isAlive(): boolean;
  /** Never rejects. After `seconds` the process is killed. */
  call(given: readonly unknown[], seconds: number): Promise<HostAnswer>;
  end(): void;
}

/** A user's code may import much. */
const loadSeconds = 120;

/** Starts a host. It ends with this process, which it does not keep alive while nobody waits for an answer. */
export function startFunctionHost({ command, args, folder }: HostProgram): FunctionHost {
  const child = spawn(command, args, {
    cwd: folder,
    // What the function prints is for whoever reads this process's log.
    stdio: ['pipe', process.stderr, process.stderr, 'pipe'],
    detached: true,
  });
  const [input, answers] = [child.stdin as Writable & Socket, child.stdio[3] as Readable & Socket];
  let alive = true;
  let waiting: ((answer: HostAnswer) => void) | undefined;
  const settle = (answer: HostAnswer): void => {
    const resolve = waiting;
    waiting = undefined;
    resolve?.(answer);
  };
  const kill = (): void => {
    alive = false;
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  const next = (seconds: number): Promise<HostAnswer> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        kill();
        settle({ isLate: true });
      }, 1000 * seconds);
      waiting = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
    });
  const loaded = next(loadSeconds);
  createInterface({ input: answers }).on('line', (line) => {
    settle(answerOf(line));
  });
  input.on('error', () => undefined);
  child.on('error', ({ message }) => {
    alive = false;
    settle({ problem: message });
  });
  child.on('close', () => {
    alive = false;
    settle({ problem: 'its process ended' });
  });
  child.unref();
  for (const stream of [input, answers]) stream.unref();
  return {
    loaded,
    isAlive: () => alive,
    call: (given, seconds) => {
      const answer = next(seconds);
      input.write(`${JSON.stringify(given)}\n`);
      return answer;
    },
    end: kill,
  };
}

function answerOf(line: string): HostAnswer {
  try {
    return JSON.parse(line) as HostAnswer;
  } catch {
    return { problem: 'wrote to descriptor 3, which is not its own' };
  }
}
