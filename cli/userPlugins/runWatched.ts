import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { RlvrError } from '../../core/errors.ts';
import { exitCodes } from '../exitCodes.ts';
import { commandLineFile } from '../installation.ts';
import type { WatchedTask } from './watch.ts';
import { watchVariable } from './watch.ts';

/**
 * Carries out a command line in a child process, where plugins of the user's may run: what it reads, prints and returns is this process's.
 * Throws `plugin/timeout` where the child does not come back from a plugin; it is then ended.
 */
export async function runWatched(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, commandLineFile(), ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, [watchVariable]: '1' },
  });
  let late: WatchedTask | undefined;
  let timer: NodeJS.Timeout | undefined;
  const lines = createInterface({ input: child.stdio[3] as Readable });
  lines.on('line', (line) => {
    clearTimeout(timer);
    const { task, seconds } = JSON.parse(line) as Partial<WatchedTask>;
    if (task === undefined || seconds === undefined) return;
    timer = setTimeout(() => {
      late = { task, seconds };
      child.kill('SIGKILL');
    }, 1000 * seconds);
  });
  const endForwarding = forwardSignals((signal) => child.kill(signal));
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    if (late !== undefined) {
      const message = `${late.task} did not end within ${late.seconds} s, so its process was ended.`;
      throw new RlvrError('plugin/timeout', message, { ...late });
    }
    return code ?? exitCodes.failure;
  } finally {
    clearTimeout(timer);
    endForwarding();
  }
}

/** A terminal sends Ctrl-C to both processes; other senders know this one alone. */
function forwardSignals(send: (signal: NodeJS.Signals) => void): () => void {
  const forward = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) send(signal);
  };
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}
