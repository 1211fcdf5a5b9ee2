import { PassThrough, Writable } from 'node:stream';
import type { Terminal } from '../../cli/terminal.ts';

/** A terminal that remembers what was written to it. */
export interface RecordingTerminal extends Terminal {
  /** What went to standard output since the last call. */
  takeOut(): string;
  takeErr(): string;
}

/** A terminal of a width, without colours. */
export function recordingTerminal(changes: Partial<Terminal> & { columns?: number } = {}): RecordingTerminal {
  const { columns = 80, ...rest } = changes;
  const [out, err] = [recorder(), recorder()];
  return {
    out: Object.assign(out.stream, { columns }),
    err: err.stream,
    in: new PassThrough(),
    isLive: false,
    hasUnicode: true,
    style: (_, text) => text,
    ...rest,
    takeOut: out.take,
    takeErr: err.take,
  };
}

function recorder(): { stream: Writable; take: () => string } {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  return {
    stream,
    take: () => {
      const taken = text;
      text = '';
      return taken;
    },
  };
}
