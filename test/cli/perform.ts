import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandContext } from '../../cli/command.ts';
import { reportError } from '../../cli/reportError.ts';
import type { Terminal } from '../../cli/terminal.ts';
import { plugins } from '../../plugins/index.ts';

/** What a command printed, and the exit code it ended with. */
export interface Performed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Where and how a command is carried out. */
export interface Scene {
  readonly cwd: string;
  readonly json?: boolean;
  /** Standard input; it is piped and no terminal. */
  readonly input?: string;
}

/** Carries out a command in this process, as in the folder `cwd` with runs in `.rlvr/runs`. Errors are told as on the command line. */
export async function perform(
  { cwd, json = false, input = '' }: Scene,
  carryOut: (context: CommandContext) => number | Promise<number>,
): Promise<Performed> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const terminal: Terminal = {
    out,
    err,
    in: Readable.from([Buffer.from(input)]),
    isLive: false,
    hasUnicode: true,
    style: (_, plain) => plain,
  };
  const context: CommandContext = {
    terminal,
    json,
    cwd,
    runsFolder: path.join(cwd, '.rlvr', 'runs'),
    startedAt: 0,
    plugins: () => Promise.resolve(plugins),
  };
  const printed = Promise.all([text(out), text(err)]);
  let code: number;
  try {
    code = await carryOut(context);
  } catch (error) {
    code = reportError(terminal, error, { json });
  }
  out.end();
  err.end();
  const [outText, errText] = await printed;
  return { code, out: outText, err: errText };
}
