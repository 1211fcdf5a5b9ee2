import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { RlvrError } from '../errors.ts';
import { limitedCommand, namespaceCommand, workFolder, type Isolation } from './isolation.ts';
import type { SandboxLimits } from './limits.ts';
import { treeUse } from './processTree.ts';
import { createSlots } from './slots.ts';

/** A program to be run. */
export interface SandboxedProgram {
  /** Contents by name, in the folder that it starts in. */
  readonly files: Readonly<Record<string, string>>;
  /** From the folder that the program will find its files in. */
  readonly command: (folder: string) => readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Folders of its interpreter, beside the system's. */
  readonly mounts?: readonly string[];
  readonly input?: string;
}

/** Why a program was ended before it ended by itself. */
export type SandboxStop = 'wall time' | 'memory' | 'output' | 'processes';

/** What came of a program. */
export interface SandboxResult {
  readonly stopped?: SandboxStop;
  /** 128 and the number of the signal where one ended it; undefined where it was stopped. */
  readonly exitCode?: number;
  readonly output: string;
  readonly errors: string;
}

/** Milliseconds between looks at memory and processes. */
const interval = 50;

/** Programs run one a core: more would only slow each other down, and wall time counts. */
const slots = createSlots();

/**
 * Runs a program that nobody trusts, and ends it with all of its children where it exceeds a limit. Its folder is gone afterwards. Throws
 * `plugin/failed` where the sandbox cannot be made.
 */
export function runSandboxed(
  program: SandboxedProgram,
  limits: SandboxLimits,
  isolation: Isolation,
): Promise<SandboxResult> {
  return slots.use(async () => {
    const scratch = mkdtempSync(path.join(tmpdir(), 'rlvr-sandbox-'));
    try {
      const folder = path.join(scratch, 'program');
      for (const made of [folder, path.join(scratch, 'root')]) mkdirSync(made);
      for (const [name, contents] of Object.entries(program.files)) writeFileSync(path.join(folder, name), contents);
      return await run(scratch, program, limits, isolation);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}

async function run(
  scratch: string,
  { command, environment = {}, mounts = [], input = '' }: SandboxedProgram,
  limits: SandboxLimits,
  { hasNamespaces, withoutNetwork }: Isolation,
): Promise<SandboxResult> {
  const folder = hasNamespaces ? workFolder : path.join(scratch, 'program');
  const isolated = { scratch, mounts, command: command(folder), environment, limits };
  const [file = '', ...args] = hasNamespaces ? namespaceCommand(isolated, withoutNetwork) : limitedCommand(isolated);
  const child = spawn(file, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe', 'pipe'], env: systemPath });
  const watch = watchLimits(child, limits);
  const started = isTold(child.stdio[3] as Readable);
  feed(child.stdin, input);
  try {
    const ended = await endOf(child);
    if (!(await started) && watch.stopped() === undefined) throw notMade(ended.problem ?? watch.errors());
    const stopped = watch.stopped();
    return {
      ...(stopped === undefined ? { exitCode: ended.exitCode } : { stopped }),
      output: watch.output(),
      errors: watch.errors(),
    };
  } finally {
    watch.end();
  }
}

/** Where the tools that make the sandbox are; nothing else of this process's environment goes in. */
const systemPath = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

function notMade(why: string): RlvrError {
  return new RlvrError('plugin/failed', `The sandbox for a program could not be made: ${why.trim()}`);
}

/** Whether the command inside was started. */
function isTold(stream: Readable): Promise<boolean> {
  let told = false;
  stream.on('data', () => (told = true));
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) stream.on(event, () => resolve(told));
  });
}

/** A program need not read what it is given. */
function feed(stream: Writable, input: string): void {
  stream.on('error', () => undefined);
  stream.end(input);
}

interface Ended {
  readonly exitCode: number;
  readonly problem?: string;
}

/** Resolves when the process has ended, and its output too unless somebody else holds it: such a one is ended first. */
function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve({ exitCode: 127, problem: message }));
    child.on('exit', () => {
      endGroup(child);
      // Who left the group and holds the output would keep it open.
      setTimeout(() => {
        for (const stream of child.stdio) stream?.destroy();
      }, 1000).unref();
    });
    child.on('close', (code, signal) => resolve({ exitCode: code ?? 128 + (signal === 'SIGKILL' ? 9 : 15) }));
  });
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}

interface LimitWatch {
  stopped(): SandboxStop | undefined;
  output(): string;
  errors(): string;
  end(): void;
}

/** Collects output, and ends the process group when it is over a limit. */
function watchLimits(child: ChildProcess, limits: SandboxLimits): LimitWatch {
  const chunks: Readonly<Record<'output' | 'errors', Buffer[]>> = { output: [], errors: [] };
  let stopped: SandboxStop | undefined;
  let bytes = 0;
  const stop = (reason: SandboxStop): void => {
    stopped ??= reason;
    endGroup(child);
  };
  const collect = (stream: Readable | null, into: Buffer[]): void => {
    stream?.on('error', () => undefined);
    stream?.on('data', (chunk: Buffer) => {
      const rest = Math.max(0, limits.outputBytes - bytes);
      bytes += chunk.length;
      if (rest > 0) into.push(chunk.subarray(0, rest));
      if (chunk.length > rest) stop('output');
    });
  };
  collect(child.stdout, chunks.output);
  collect(child.stderr, chunks.errors);
  const deadline = setTimeout(() => {
    stop('wall time');
  }, 1000 * limits.wallSeconds);
  const looks = setInterval(() => {
    const use = treeUse(child.pid ?? 0);
    if (use.memory > limits.memoryBytes + ownBytes) stop('memory');
    if (use.processes > limits.processes + ownProcesses) stop('processes');
  }, interval);
  const text = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString('utf8');
  return {
    stopped: () => stopped,
    output: () => text(chunks.output),
    errors: () => text(chunks.errors),
    end: () => {
      clearTimeout(deadline);
      clearInterval(looks);
      endGroup(child);
    },
  };
}

/** The tools around the program: how many they are, and their memory. */
const ownProcesses = 4;
const ownBytes = 16 * 2 ** 20;
