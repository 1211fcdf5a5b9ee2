import { describe, expect, it } from 'vitest';
import { renderFrame } from '../../../cli/display/renderFrame.ts';
import type { FrameOptions } from '../../../cli/display/renderFrame.ts';
import type { RunView } from '../../../cli/display/runView.ts';
import { evaluated, someView, stepLine } from './views.ts';

const frame = (view: RunView, changes: Partial<FrameOptions> = {}): string =>
  renderFrame(view, { width: 80, hasUnicode: true, style: (_, text) => text, hasKeys: true, ...changes }).join('\n');

const lines = [evaluated, stepLine(1, 0.1), stepLine(2, 0.3), stepLine(3, 0.2)];

describe('renderFrame', () => {
  it('shows what is going on before the first step', () => {
    expect(frame(someView())).toBe(`trial  lora  20260131-142501-trial-k3f9
░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  0/10 steps  5 s
loading the model and tracing the graphs
Ctrl-C: stop after this step and save   d: leave it running in the background`);
  });

  it('shows rewards, accuracy, key metrics and the time left', () => {
    const progress = { phase: 'rollout' as const, done: 1392, total: 6144, notes: [] };
    const last = { step: 4, metrics: { ...stepLine(4, 0.4).metrics, entropy: 0.5, 'rollout/tokens_per_second': 2345 } };
    expect(frame(someView({ lines: [...lines, last], progress }))).toBe(`trial  lora  20260131-142501-trial-k3f9
████████████████░░░░░░░░░░░░░░░░░░░░░░░░  4/10 steps  5 s, about 9 s left
sampling completions 1,392/6,144
reward   ▁▆▃█  0.4
entropy 0.5   2,345 tok/s   1 s a step
held-out accuracy before training: 25.0 % (20.0 to 30.0)
Ctrl-C: stop after this step and save   d: leave it running in the background`);
  });

  it('says what Ctrl-C has done and does next', () => {
    expect(
      frame(someView({ isStopping: true }))
        .split('\n')
        .at(-1),
    ).toBe('Stopping after this step and saving. Ctrl-C again: end it at once');
  });

  it.each([20, 37, 60])('is never wider than a terminal of %d', (width) => {
    const notes = [{ level: 'warning' as const, message: 'a long message '.repeat(20) }];
    const view = someView({ lines, progress: { phase: 'saving', done: 1, notes } });
    for (const line of frame(view, { width }).split('\n')) expect(line.length).toBeLessThan(width);
  });

  it('needs no more than ASCII where there is no more', () => {
    expect(frame(someView({ lines }), { hasUnicode: false, hasKeys: false })).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it('lets nothing of a run move the cursor', () => {
    const notes = [{ level: 'info' as const, message: 'up\u001b[1A\r\u0007\u202e' }];
    const text = frame(someView({ progress: { phase: 'training', done: 0, notes } }));
    expect(text).toContain('info: up·[1A···');
    for (const control of ['\u001b', '\r', '\u202e']) expect(text).not.toContain(control);
  });
});
