import { randomBytes } from 'node:crypto';
import type { Isolation } from '../../../core/sandbox/isolation.ts';
import type { Interpreter, SandboxLanguage } from '../../../core/sandbox/languages.ts';
import type { SandboxLimits } from '../../../core/sandbox/limits.ts';
import { runSandboxed, type SandboxResult } from '../../../core/sandbox/runSandboxed.ts';
import { excerpt } from '../../../core/verifier/excerpt.ts';
import type { CodeTest } from './codeReference.ts';

/** How tests are run. */
export interface TestRun {
  readonly interpreter: Interpreter;
  readonly isolation: Isolation;
  readonly limits: SandboxLimits;
  /** Code before the program. */
  readonly setup: string;
  /** Whether white space at the end of a line and of all of it counts. */
  readonly exactOutput: boolean;
}

/** Why a program fails a test, in words; undefined where it passes. */
export async function testProblem(code: string, test: CodeTest, run: TestRun): Promise<string | undefined> {
  const { interpreter, isolation, setup } = run;
  const limits = { ...run.limits, memoryBytes: run.limits.memoryBytes + interpreter.ownMemoryBytes };
  const before = setup === '' ? '' : `${setup}\n`;
  if (test.kind === 'output') {
    const program = interpreter.program(before + code, run.limits.memoryBytes, test.input);
    const result = await runSandboxed(program, limits, isolation);
    return endProblem(result) ?? outputProblem(result.output, test.output, run.exactOutput);
  }
  const mark = randomBytes(16).toString('hex');
  const source = assertionSource[interpreter.language](before + code, test.code, mark);
  const result = await runSandboxed(interpreter.program(source, run.limits.memoryBytes), limits, isolation);
  // A program that ends early by itself has not passed what comes after.
  return endProblem(result) ?? (result.output.endsWith(mark) ? undefined : 'it ended before its tests');
}

/** A program, its assertions, and then a mark on standard output that tells that these were passed. */
const assertionSource: Readonly<Record<SandboxLanguage, (code: string, assertion: string, mark: string) => string>> = {
  python: (code, assertion, mark) => `${code}\n\n${assertion}\n\nimport sys\nsys.__stdout__.write("${mark}")\n`,
  javascript: (code, assertion, mark) =>
    [
      /^[ \t]*(?:import\s|export\s)/m.test(code)
        ? 'import { strict as ownAssert } from "node:assert"; globalThis.assert ??= ownAssert;'
        : 'globalThis.assert ??= require("node:assert").strict;',
      code,
      ';',
      assertion,
      `;process.stdout.write("${mark}");`,
    ].join('\n'),
};

function endProblem({ stopped, exitCode, errors }: SandboxResult): string | undefined {
  if (stopped !== undefined) return `it was stopped: too much ${stopped === 'wall time' ? 'time' : stopped}`;
  if (exitCode === 0) return undefined;
  // 128 + SIGXCPU, or SIGKILL, which is what comes a second after it.
  if (exitCode === 152) return 'it was stopped: too much processor time';
  const last = errors.trimEnd().split('\n').at(-1) ?? '';
  return `it ended with code ${exitCode ?? 'unknown'}${last === '' ? '' : ` (${excerpt(last)})`}`;
}

function outputProblem(actual: string, expected: string, isExact: boolean): string | undefined {
  const plain = (text: string): string =>
    text
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  const isEqual = isExact ? actual === expected : plain(actual) === plain(expected);
  return isEqual ? undefined : `it printed ${excerpt(actual)}, expected ${excerpt(expected)}`;
}
