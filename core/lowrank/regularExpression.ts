import vm from 'node:vm';
import { RlvrError, messageOf } from '../errors.ts';

/** Time in which a pattern must have been tried on all names, in milliseconds. */
const PATIENCE = 1000;

/** Letters that mean the same after a backslash in Python and in JavaScript. */
const sameEscapes = /^[bBdDsSwWfnrtvxuk0-9]$/;

/** What an escape of Python's is in JavaScript. */
function translatedEscape(escape: string, pattern: string): string {
  if (escape === 'A') return '^';
  if (escape === 'Z') return '$';
  if (/[A-Za-z0-9]/.test(escape) && !sameEscapes.test(escape)) {
    throw invalidPattern(pattern, `"\\${escape}" is not supported`);
  }
  return `\\${escape}`;
}

/** A pattern in the syntax of Python's `re`, as PEFT reads it, in JavaScript's. */
function inJavaScript(pattern: string): string {
  return pattern.replaceAll(/\\(.)|\(\?P<|\(\?P=(\w+)\)/gs, (found, escape?: string, name?: string) => {
    if (escape !== undefined) return translatedEscape(escape, pattern);
    return name === undefined ? '(?<' : `\\k<${name}>`;
  });
}

function invalidPattern(pattern: string, problem: string): RlvrError {
  return new RlvrError('adapter/invalid', `"${pattern}" is not a usable regular expression: ${problem}.`, { pattern });
}

const program = `
  const expression = new RegExp(source);
  JSON.stringify(JSON.parse(names).map((name) => {
    const match = expression.exec(name);
    return match === null ? false : (match.groups?.found ?? true);
  }));
`;

/**
 * What a regular expression finds in each name: false, or what the group `found` holds, or true where it holds nothing. `around` puts the
 * user's pattern (in Python's syntax) into the whole expression. A pattern that takes too long is given up, because some need time that is
 * exponential in the length of the name.
 *
 * @throws RlvrError `adapter/invalid` for a pattern that cannot be read or takes too long
 */
export function findInNames(
  pattern: string,
  names: readonly string[],
  around: (pattern: string) => string,
): readonly (string | boolean)[] {
  const context = vm.createContext({ source: around(inJavaScript(pattern)), names: JSON.stringify(names) });
  try {
    return JSON.parse(vm.runInContext(program, context, { timeout: PATIENCE }) as string) as (string | boolean)[];
  } catch (error) {
    const isSlow = (error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    throw invalidPattern(pattern, isSlow ? 'trying it on the names of the layers takes too long' : messageOf(error));
  }
}

/** Whether the pattern matches the whole of each name. */
export function matchesWhole(pattern: string, names: readonly string[]): readonly boolean[] {
  return findInNames(pattern, names, (own) => `^(?:${own})$`).map((found) => found !== false);
}
