import { buildSync } from 'esbuild';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** Bundles TypeScript source text that stands in `test/runs` into one program file in `folder`, to be run by Node alone. */
export function buildProgram(folder: string, source: string): string {
  const outfile = path.join(folder, 'program.mjs');
  buildSync({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    absWorkingDir: root,
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
  });
  return outfile;
}

/** A program that runs, and what it has printed so far. */
export interface RunningProgram {
  readonly child: ChildProcess;
  /** Resolves at the first line that begins with `prefix`. */
  printed(prefix: string): Promise<string>;
  /** Resolves when it has ended. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string; out: string; err: string }>;
}

/** Starts a program with Node, in the folder `cwd` and with `env` beside this process's own environment. */
export function startProgram(
  file: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): RunningProgram {
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
  });
  let [output, out, err] = ['', '', ''];
  const waiting = new Set<() => void>();
  const note = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const wake of waiting) wake();
  };
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    note(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
    note(chunk);
  });
  const closed = once(child, 'close');
  return {
    child,
    printed: (prefix) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const line = output
            .split('\n')
            .slice(0, -1)
            .find((text) => text.startsWith(prefix));
          if (line === undefined) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
        child.once('close', () => {
          look();
          reject(new Error(`ended without printing "${prefix}": ${output}`));
        });
        look();
      }),
    ended: async () => {
      await closed;
      return { code: child.exitCode, signal: child.signalCode, output, out, err };
    },
  };
}
