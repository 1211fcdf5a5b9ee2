import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Frame {
  /** The line of the stack without its indentation and `at`. */
  readonly text: string;
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

const ownPath = fileURLToPath(import.meta.url);
const ownFolder = dirname(ownPath);
const isBundled = !ownPath.endsWith(join('core', 'tensor', 'sourceLine.ts'));
const stackDepth = 80;

/** Runs `work` with stacks deep enough to reach from a kernel inside a gradient to the caller's code. */
export function withDeepStacks<T>(work: () => T): T {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = Math.max(before, stackDepth);
  try {
    return work();
  } finally {
    Error.stackTraceLimit = before;
  }
}

/** The innermost line of an error's stack that is neither tfjs's nor the tracer's: `functionName (path:line:column)`. Also in a bundle. */
export function userLine(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const lines = (error.stack ?? '').split('\n').flatMap(parseFrame).flatMap(original);
  const outside = lines.filter(({ path }) => !/node_modules[\\/](@tensorflow|\.vite)[\\/]/.test(path));
  const own = outside.find(({ path }) => !isWithin('', path)) ?? outside.find(({ path }) => isWithin('ops', path));
  return own?.text;
}

/** Whether a path is inside a folder of the tracer. */
function isWithin(folder: string, path: string): boolean {
  return path.startsWith(isBundled ? `core/tensor/${folder}` : join(ownFolder, folder, sep));
}

function parseFrame(line: string): readonly Frame[] {
  const match = /^\s*at (?:.*\()?(.+?):(\d+):(\d+)\)?$/.exec(line);
  const [, location = '', row = '0', column = '0'] = match ?? [];
  if (match === null || location.startsWith('node:')) return [];
  const path = location.startsWith('file:') ? fileURLToPath(location) : location;
  return [{ text: line.trim().replace(/^at /, ''), path, line: Number(row), column: Number(column) }];
}

/** The frame with the path it had before it was bundled together with this module. */
function original(frame: Frame): readonly Frame[] {
  if (!isBundled || dirname(frame.path) !== ownFolder) return [frame];
  const called = /^(.*) \(/.exec(frame.text)?.[1] ?? '<anonymous>';
  const mapped = fromSourceMap(frame);
  if (mapped !== undefined) return [{ ...mapped, text: `${called} (${mapped.path}:${mapped.line}:${mapped.column})` }];
  const path = fromComment(frame);
  return path === undefined
    ? []
    : [{ ...frame, path, text: `${called} (${path}, bundled at ${frame.path}:${frame.line}:${frame.column})` }];
}

function fromSourceMap({ path, line, column, text }: Frame): Frame | undefined {
  const map = readOrUndefined(`${path}.map`);
  if (map === undefined) return undefined;
  const entry = new SourceMap(JSON.parse(map) as ConstructorParameters<typeof SourceMap>[0]).findEntry(
    line - 1,
    column - 1,
  );
  if (!('originalSource' in entry)) return undefined;
  return {
    text,
    path: entry.originalSource.replace(/^(\.\.\/)+/, ''),
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  };
}

/** esbuild writes the path of each module above its code. */
function fromComment({ path, line }: Frame): string | undefined {
  const lines = readOrUndefined(path)?.split('\n').slice(0, line) ?? [];
  const comment = lines.findLast((text) => /^\/\/ \S+\.[cm]?[jt]s$/.test(text));
  return comment?.slice('// '.length);
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
