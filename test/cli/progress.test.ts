import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from '../../cli/progress.ts';
import type { Terminal } from '../../cli/terminal.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What is shown of work of 100 parts that take 200 ms each. */
async function shown(isLive: boolean, columns: number, json = false): Promise<{ out: string; err: string }> {
  const [out, err] = [Object.assign(new PassThrough(), { columns }), new PassThrough()];
  const terminal: Terminal = { out, err, in: new PassThrough(), isLive, hasUnicode: true, style: (_, plain) => plain };
  const progress = createProgress(terminal, 'completions', json);
  for (let done = 1; done <= 100; done++) {
    vi.setSystemTime(done * 200);
    progress.update(done, 100);
  }
  progress.end();
  out.end();
  err.end();
  return { out: await text(out), err: await text(err) };
}

describe('progress', () => {
  it('is a line now and then with the time left, after the first second', async () => {
    expect(await shown(false, 80)).toEqual({
      out: '',
      err: [5, 30, 55, 80].map((done) => `completions ${done}/100, about ${(100 - done) / 5} s left\n`).join(''),
    });
  });

  it('is a bar in a terminal, cut to its width, and leaves nothing', async () => {
    const { out, err } = await shown(true, 50);
    expect(err).toBe('');
    const frames = out.split('\u001b[1A\r\u001b[J');
    expect(frames[0]).toMatch(/^[█░]{4,} {2}completions 5\/100, about 19 s left\n$/);
    expect(frames.every((frame) => frame.trimEnd().length < 50)).toBe(true);
    expect(frames.at(-1)).toBe('');
  });

  it('is nothing where a program reads', async () => {
    expect(await shown(true, 80, true)).toEqual({ out: '', err: '' });
  });
});
