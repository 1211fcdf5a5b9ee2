import { messageOf, RlvrError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import { exitCodeOf, exitCodes } from './exitCodes.ts';
import type { Terminal } from './terminal.ts';
import { writeJson } from './terminal.ts';

/** What to do next, by error code, where the message does not say it already. */
const nextSteps: Readonly<Partial<Record<ErrorCode, string>>> = {
  'config/invalid': '`rlvr init` writes an experiment to start from; `rlvr schema` prints every key.',
  'config/unknown-key':
    '`rlvr schema` prints every key; `rlvr show-config FILE` shows an experiment with its defaults.',
  'config/unknown-plugin': '`rlvr plugins` lists every plugin with its options.',
  'config/unreadable': '`rlvr init` writes an experiment to start from.',
  'model/missing': 'Set `model.path` to a Hugging Face model folder (config.json, tokenizer.json, *.safetensors).',
  'run/not-found': '`rlvr runs` lists the runs; `--runs-folder FOLDER` looks in another folder.',
  'run/invalid-id': '`rlvr runs` lists the runs.',
  'run/not-running': '`rlvr runs` shows which runs are in progress.',
  'run/environment-changed':
    'Go on nevertheless with `rlvr resume RUN --accept-changes`; the result may differ in its last bits.',
  'engine/unavailable': '`rlvr doctor` checks what works on this machine.',
};

/** Tells the user about an error, without a stack trace unless RLVR_DEBUG=1, and returns the exit code for it. */
export function reportError(terminal: Terminal, error: unknown, { json }: { readonly json: boolean }): number {
  const isOurs = error instanceof RlvrError;
  const code = isOurs ? error.code : 'internal';
  const message = messageOf(error);
  if (json) {
    writeJson(terminal, { error: { code, message, fields: isOurs ? error.fields : {} } }, { compact: true });
  } else {
    terminal.err.write(`${formatError(terminal, code, message)}\n`);
    if (!isOurs) terminal.err.write('This is a defect of RLVR Lab. With RLVR_DEBUG=1 it says where it happened.\n');
  }
  if (process.env['RLVR_DEBUG'] === '1' && error instanceof Error) terminal.err.write(`${error.stack ?? ''}\n`);
  return isOurs ? exitCodeOf(code) : exitCodes.failure;
}

/** `error[code]: message`, and below it what to do next. */
export function formatError({ style }: Pick<Terminal, 'style'>, code: string, message: string): string {
  const next = nextSteps[code as ErrorCode];
  const head = `${style('red', `error[${code}]`)}: ${message}`;
  return next === undefined ? head : `${head}\n${style('dim', next)}`;
}
