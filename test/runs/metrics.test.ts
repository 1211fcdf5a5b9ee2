import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMetrics, parseMetricsLine, readMetrics } from '../../core/runs/metrics.ts';
import { followMetrics, openMetricsTail } from '../../core/runs/metricsTail.ts';
import { temporaryFolder } from './folder.ts';

describe('openMetrics and readMetrics', () => {
  it('writes one line a step and reads them back, with NaN for what is not finite', () => {
    const run = temporaryFolder();
    const log = openMetrics(run);
    log.append({ step: 1, metrics: { reward: 0.25, 'time/step': 1.5 } });
    log.append({ step: 2, metrics: { reward: 0.5, kl: Number.NaN, ratio: Number.POSITIVE_INFINITY } });
    log.sync();
    log.close();
    expect(readFileSync(path.join(run, 'metrics.jsonl'), 'utf8')).toBe(
      '{"step":1,"reward":0.25,"time/step":1.5}\n{"step":2,"reward":0.5,"kl":null,"ratio":null}\n',
    );
    expect(readMetrics(run)).toEqual([
      { step: 1, metrics: { reward: 0.25, 'time/step': 1.5 } },
      { step: 2, metrics: { reward: 0.5, kl: Number.NaN, ratio: Number.NaN } },
    ]);
  });

  it('leaves out a torn last line, and cuts it off before it writes on', () => {
    const run = temporaryFolder();
    const file = path.join(run, 'metrics.jsonl');
    writeFileSync(file, '{"step":1,"reward":1}\n{"step":2,"rew');
    expect(readMetrics(run).map((line) => line.step)).toEqual([1]);
    const log = openMetrics(run);
    expect(log.length()).toBe(22);
    log.append({ step: 2, metrics: {} });
    log.close();
    expect(readFileSync(file, 'utf8')).toBe('{"step":1,"reward":1}\n{"step":2}\n');
  });

  it('reads nothing where there is no file', () => {
    expect(readMetrics(temporaryFolder())).toEqual([]);
  });

  it.each(['', 'x', '[]', 'null', '{"reward":1}', '{"step":-1}', '{"step":1.5}', '{"step":"1"}'])(
    'takes %j for no line',
    (text) => {
      expect(parseMetricsLine(text)).toBeUndefined();
    },
  );

  it('drops values that are no numbers and keys that reach the prototype', () => {
    const line = parseMetricsLine('{"step":1,"a":"x","b":2,"__proto__":{"polluted":1}}');
    expect(line).toEqual({ step: 1, metrics: { b: 2 } });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('openMetricsTail', () => {
  const steps = (change: { lines: readonly { step: number }[] }): number[] => change.lines.map((line) => line.step);

  it('gives each complete line once', () => {
    const run = temporaryFolder();
    const file = path.join(run, 'metrics.jsonl');
    const tail = openMetricsTail(run);
    expect(tail.read()).toEqual({ reset: false, lines: [] });
    writeFileSync(file, '{"step":1}\n{"step":2');
    expect(steps(tail.read())).toEqual([1]);
    expect(steps(tail.read())).toEqual([]);
    appendFileSync(file, ',"reward":1}\n');
    expect(tail.read()).toEqual({ reset: false, lines: [{ step: 2, metrics: { reward: 1 } }] });
  });

  it('begins anew when the file was cut, also when it has grown again beyond where it was', () => {
    const run = temporaryFolder();
    const file = path.join(run, 'metrics.jsonl');
    const tail = openMetricsTail(run);
    writeFileSync(file, '{"step":1,"time":1}\n{"step":2,"time":2}\n');
    tail.read();
    truncateSync(file, 20);
    expect(tail.read()).toMatchObject({ reset: true, lines: [{ step: 1 }] });
    appendFileSync(file, '{"step":2,"time":3}\n');
    tail.read();
    writeFileSync(file, '{"step":1,"time":1}\n{"step":2,"time":4}\n{"step":3,"time":5}\n');
    const change = tail.read();
    expect(change.reset).toBe(true);
    expect(steps(change)).toEqual([1, 2, 3]);
  });

  it('begins anew when the file was removed', () => {
    const run = temporaryFolder();
    const tail = openMetricsTail(run);
    writeFileSync(path.join(run, 'metrics.jsonl'), '{"step":1}\n');
    tail.read();
    truncateSync(path.join(run, 'metrics.jsonl'), 0);
    expect(tail.read()).toEqual({ reset: true, lines: [] });
    expect(tail.read()).toEqual({ reset: false, lines: [] });
  });
});

describe('followMetrics', () => {
  it('yields what is there, what comes, and ends when aborted', async () => {
    const run = temporaryFolder();
    const log = openMetrics(run);
    log.append({ step: 1, metrics: {} });
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const change of followMetrics(run, stop.signal)) {
      seen.push(...change.lines.map((line) => line.step));
      const next = seen.length + 1;
      if (next > 4) stop.abort();
      else log.append({ step: next, metrics: {} });
    }
    log.close();
    expect(seen).toEqual([1, 2, 3, 4]);
  });
});
