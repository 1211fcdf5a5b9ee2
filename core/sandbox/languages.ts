import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { RlvrError, messageOf } from '../errors.ts';
import type { SandboxedProgram } from './runSandboxed.ts';

/** Languages whose programs can be run. */
export const sandboxLanguages = ['python', 'javascript'] as const;

/** A language whose programs can be run. */
export type SandboxLanguage = (typeof sandboxLanguages)[number];

/** An interpreter as it is installed. */
export interface Interpreter {
  readonly language: SandboxLanguage;
  /** A program of one file. */
  program(source: string, memoryBytes: number, input?: string): SandboxedProgram;
  /** What memory it must be allowed on top of what a program gets, in bytes. */
  readonly ownMemoryBytes: number;
}

const environment = { PATH: '/usr/bin:/bin', HOME: '/tmp', LANG: 'C.UTF-8', PYTHONHASHSEED: '0' };

/** The command line of an installed Python, for example `python3`. Throws `config/invalid` where it cannot be run. */
export function pythonInterpreter(command: string): Interpreter {
  const { executable, mounts } = installedPython(command);
  return {
    language: 'python',
    ownMemoryBytes: 32 * 2 ** 20,
    program: (source, _memory, input = '') => ({
      files: { 'main.py': source },
      // -s, -B: no packages of the user's own, no files beside the program. The hash seed keeps the order of sets.
      command: (folder) => [executable, '-s', '-B', path.posix.join(folder, 'main.py')],
      environment,
      mounts,
      input,
    }),
  };
}

const pythons = new Map<string, { readonly executable: string; readonly mounts: readonly string[] }>();

/** The interpreter behind a name, which may be a script that looks for it, and the folders that it loads from. */
function installedPython(command: string): { readonly executable: string; readonly mounts: readonly string[] } {
  const known = pythons.get(command);
  if (known !== undefined) return known;
  const question =
    'import json, sys; print(json.dumps([sys.executable, sys.prefix, sys.base_prefix, sys.base_exec_prefix]))';
  let answer: string;
  try {
    answer = execFileSync(command, ['-I', '-c', question], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const message = `python: "${command}" cannot be run, so programs in Python cannot: ${messageOf(error).split('\n')[0]}.`;
    throw new RlvrError('config/invalid', message, { path: 'python', command });
  }
  const [executable = command, ...folders] = JSON.parse(answer) as readonly string[];
  const found = { executable, mounts: outsideSystem([...folders, realpathSync(executable)]) };
  pythons.set(command, found);
  return found;
}

/** The Node.js that runs this process. */
export function nodeInterpreter(): Interpreter {
  const executable = realpathSync(process.execPath);
  const [major = 0] = process.versions.node.split('.').map(Number);
  const permission = major < 24 ? '--experimental-permission' : '--permission';
  return {
    language: 'javascript',
    // What V8 takes for its code and its threads.
    ownMemoryBytes: 160 * 2 ** 20,
    program: (source, memoryBytes, input = '') => {
      const file = isModule(source) ? 'main.mjs' : 'main.cjs';
      return {
        files: { [file]: source },
        command: (folder) => [
          executable,
          ...['--no-warnings', permission, `--allow-fs-read=${folder}/*`, `--allow-fs-write=${folder}/*`],
          `--max-old-space-size=${Math.ceil(memoryBytes / 2 ** 20)}`,
          path.posix.join(folder, file),
        ],
        environment,
        mounts: outsideSystem([executable]),
        input,
      };
    },
  };
}

/** Whether a program imports or exports as modules do, rather than by `require`. */
function isModule(source: string): boolean {
  return /^[ \t]*(?:import\s*[\w$*{"']|export\s+[\w{*])/m.test(source);
}

/** What the sandbox has not mounted already. */
function outsideSystem(paths: readonly string[]): readonly string[] {
  const outside = [...new Set(paths)].filter(
    (each) => path.isAbsolute(each) && !/^\/(?:usr|bin|lib\w*|nix)?(?:\/|$)/.test(each),
  );
  return outside.filter((each) => !outside.some((other) => each.startsWith(`${other}/`)));
}
