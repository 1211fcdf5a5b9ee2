import type { Readable, Writable } from 'node:stream';
import pc from 'picocolors';

/** Names of colours and weights, as picocolors has them. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Where a command reads and writes. */
export interface Terminal {
  /** Results; with `--json`, JSON and nothing else. */
  readonly out: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Errors and hints. */
  readonly err: Writable;
  readonly in: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  /** Whether pictures may be drawn over: standard output is a terminal and neither dumb nor piped. */
  readonly isLive: boolean;
  /** Whether the terminal shows block characters. */
  readonly hasUnicode: boolean;
  readonly style: (style: Style, text: string) => string;
}

/** The terminal of this process. Colours are off when piped, with NO_COLOR, with TERM=dumb and with `--no-color`. */
export function processTerminal(wantsColor: boolean): Terminal {
  const { stdout, stderr, stdin, env, platform } = process;
  stdout.on('error', endWithReader);
  const isDumb = env['TERM'] === 'dumb';
  const colors = pc.createColors(wantsColor && pc.isColorSupported && stdout.isTTY && !isDumb);
  const locale = env['LC_ALL'] ?? env['LC_CTYPE'] ?? env['LANG'] ?? '';
  return {
    out: stdout,
    err: stderr,
    in: stdin,
    isLive: stdout.isTTY && !isDumb,
    hasUnicode: platform === 'win32' || platform === 'darwin' || /utf-?8/i.test(locale),
    style: (style, text) => colors[style](text),
  };
}

/** Ends this process where what it writes to has gone, as `head` does once it has enough. A run's own process goes on. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

/** Writes a line of results. */
export function writeLine(terminal: Terminal, line = ''): void {
  terminal.out.write(`${line}\n`);
}

/** Writes a value as JSON on one line or many, with `null` for what is undefined: for results in which that is an answer. */
export function writeJsonWithNulls(terminal: Terminal, value: unknown, { compact = false } = {}): boolean {
  // eslint-disable-next-line no-restricted-syntax -- JSON has no undefined.
  const withNulls = (_: string, each: unknown): unknown => each ?? null;
  return terminal.out.write(`${JSON.stringify(value, withNulls, compact ? undefined : 2)}\n`);
}

/** Writes a value as JSON: indented for people who look, on one line where `compact`. */
export function writeJson(terminal: Terminal, value: unknown, { compact = false } = {}): void {
  terminal.out.write(`${JSON.stringify(value, undefined, compact ? undefined : 2)}\n`);
}
