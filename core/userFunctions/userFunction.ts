import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RlvrError } from '../errors.ts';
import { createSlots } from '../sandbox/slots.ts';
import { compileModule } from './compileModule.ts';
import { startFunctionHost, type FunctionHost, type HostProgram } from './functionHost.ts';
import { nodeHost, pythonHost } from './hostPrograms.ts';

/** A function in a file of a user's. */
export interface UserFunctionSource {
  /** Absolute; `.py`, or TypeScript or JavaScript. */
  readonly file: string;
  /** Name of the function in it. */
  readonly name: string;
  /** Longest time that a call may take. */
  readonly seconds: number;
  /** Command of the interpreter for `.py`. */
  readonly python: string;
}

/** Calls the function. Rejects with `plugin/failed` or `plugin/timeout`, whatever the function does. */
export type UserFunction = (...given: readonly unknown[]) => Promise<number | undefined>;

const endings = /\.(?:py|[cm]?[jt]s)$/;

const made = new Map<string, UserFunction>();

/**
 * A user's function, run in processes of its own (one a core), so that one that throws, hangs or ends its process harms nothing else.
 * Whoever asks for the same one shares its processes. Throws `config/invalid` where there is no such file.
 */
export function userFunction(source: UserFunctionSource): UserFunction {
  const key = JSON.stringify(source);
  const found = made.get(key) ?? makeFunction(source);
  made.set(key, found);
  return found;
}

function makeFunction(source: UserFunctionSource): UserFunction {
  const { file, name, seconds } = source;
  if (!endings.test(file) || !existsSync(file)) {
    const problem = endings.test(file) ? 'there is no such file' : 'expected a file that ends in .ts, .js, .mjs or .py';
    throw new RlvrError('config/invalid', `file: ${file}: ${problem}.`, { path: 'file', file });
  }
  const what = `The function "${name}" of ${file}`;
  const slots = createSlots();
  const idle: FunctionHost[] = [];
  let program: Promise<HostProgram> | undefined;
  let broken: RlvrError | undefined;
  const started = async (): Promise<FunctionHost> => {
    if (broken !== undefined) throw broken;
    program ??= hostProgram(source);
    const host = startFunctionHost(await program);
    const { problem, isLate } = await host.loaded;
    if (problem === undefined && isLate !== true) return host;
    host.end();
    broken = failure(what, `cannot be loaded: ${problem ?? 'it took too long'}`);
    throw broken;
  };
  return (...given) =>
    slots.use(async () => {
      const last = idle.pop();
      const host = last?.isAlive() === true ? last : await started();
      const { value, problem, isLate } = await host.call(given, seconds);
      if (host.isAlive()) idle.push(host);
      if (isLate === true) {
        throw new RlvrError('plugin/timeout', `${what} did not return within ${seconds} s.`, { file, name, seconds });
      }
      if (problem !== undefined) throw failure(what, problem);
      return value;
    });
}

function failure(what: string, problem: string): RlvrError {
  return new RlvrError('plugin/failed', `${what} ${problem}.`);
}

/** Writes the host, and the compiled module for Node.js, where it finds them; they are gone when this process ends. */
async function hostProgram({ file, name, python }: UserFunctionSource): Promise<HostProgram> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rlvr-function-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const written = (base: string, text: string): string => {
    writeFileSync(path.join(folder, base), text);
    return path.join(folder, base);
  };
  const own = path.dirname(file);
  if (file.endsWith('.py')) {
    return { command: python, args: ['-B', written('host.py', pythonHost), file, name], folder: own };
  }
  const args = [
    '--enable-source-maps',
    written('host.mjs', nodeHost),
    written('function.mjs', await codeOf(file)),
    name,
  ];
  return { command: process.execPath, args, folder: own };
}

const compiled = new Map<string, Promise<string>>();

/** The code of a file as it was when it was first asked for: a run's functions stay what they are. */
function codeOf(file: string): Promise<string> {
  const code = compiled.get(file) ?? compileModule(file, 'reward function').then((module) => module.code);
  compiled.set(file, code);
  return code;
}
