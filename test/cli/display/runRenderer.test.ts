import { describe, expect, it } from 'vitest';
import { createJsonRenderer, createLiveRenderer, createPlainRenderer } from '../../../cli/display/runRenderer.ts';
import { recordingTerminal } from '../recordingTerminal.ts';
import { evaluated, someView, stepLine } from './views.ts';

describe('the plain display', () => {
  it('tells what is new, in the order in which it happened', () => {
    const terminal = recordingTerminal();
    const renderer = createPlainRenderer(terminal);
    renderer.update(someView({ progress: undefined }));
    expect(terminal.takeOut()).toBe('run 20260131-142501-trial-k3f9: lora, 10 steps\n');
    renderer.update(someView());
    renderer.update(someView());
    expect(terminal.takeOut()).toBe('loading the model and tracing the graphs\n');
    renderer.update(someView({ lines: [evaluated], progress: { phase: 'rollout', done: 12, total: 99, notes: [] } }));
    expect(terminal.takeOut()).toBe('held-out accuracy before training: 25.0 % (20.0 to 30.0)\nsampling completions\n');
    renderer.update(someView({ lines: [evaluated, stepLine(1, 0.5), stepLine(2, 0.25)] }));
    expect(terminal.takeOut()).toBe('step 1/10  reward 0.5  5 s a step\nstep 2/10  reward 0.25  1 s a step\n');
  });

  it('does not lose an evaluation that run.json knows before the metrics do', () => {
    const terminal = recordingTerminal();
    const renderer = createPlainRenderer(terminal);
    const after = { accuracy: 0.5, low: 0.4, high: 0.6, problems: 512 };
    renderer.update(someView({ lines: [stepLine(9, 0)], record: { evaluation: { after } } }));
    terminal.takeOut();
    renderer.update(someView({ lines: [stepLine(9, 0), stepLine(10, 1)], record: { evaluation: { after } } }));
    expect(terminal.takeOut()).toBe(
      'step 10/10  reward 1  1 s a step\nheld-out accuracy after step 10: 50.0 % (40.0 to 60.0)\n',
    );
  });

  it('tells a step again after the run went back to its checkpoint, and nothing that was there before', () => {
    const terminal = recordingTerminal();
    const renderer = createPlainRenderer(terminal);
    renderer.update(someView({ lines: [stepLine(1, 0), stepLine(2, 0)] }));
    expect(terminal.takeOut()).toBe('run 20260131-142501-trial-k3f9: lora, 10 steps, 2 of them done\n');
    renderer.update(someView({ lines: [stepLine(1, 0)] }));
    renderer.update(someView({ lines: [stepLine(1, 0), stepLine(2, 0)] }));
    expect(terminal.takeOut()).toBe('step 2/10  reward 0  1 s a step\n');
  });

  it('tells each note once', () => {
    const terminal = recordingTerminal();
    const renderer = createPlainRenderer(terminal);
    const notes = [{ level: 'warning' as const, message: 'careful' }];
    renderer.update(someView({ progress: undefined }));
    renderer.update(someView({ progress: { phase: 'starting', done: 0, notes } }));
    renderer.update(someView({ progress: { phase: 'starting', done: 0, notes } }));
    expect(terminal.takeOut().match(/warning: careful/g)).toHaveLength(1);
  });
});

describe('the JSON display', () => {
  it('tells that a run went back, so that nothing is counted twice', () => {
    const terminal = recordingTerminal();
    const renderer = createJsonRenderer(terminal);
    renderer.update(someView({ lines: [stepLine(1, 0), stepLine(2, 0)] }));
    renderer.update(someView({ lines: [stepLine(1, 0)] }));
    renderer.update(someView({ lines: [stepLine(1, 0), stepLine(2, 0)] }));
    const events = terminal
      .takeOut()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; step?: number });
    expect(
      events.filter(({ event }) => event === 'step' || event === 'reset').map(({ event, step }) => `${event} ${step}`),
    ).toEqual(['step 1', 'step 2', 'reset 1', 'step 2']);
  });
});

describe('the live display', () => {
  it('draws over what it drew, and leaves nothing behind', () => {
    const terminal = recordingTerminal({ columns: 60 });
    const renderer = createLiveRenderer(terminal, true);
    renderer.update(someView());
    expect(terminal.takeOut().split('\n')).toHaveLength(5);
    renderer.update(someView());
    expect(terminal.takeOut().startsWith('\u001b[4A\r\u001b[J')).toBe(true);
    renderer.end();
    expect(terminal.takeOut()).toBe('\u001b[4A\r\u001b[J');
  });

  it('erases the lines that a terminal which was made narrower has wrapped', () => {
    const terminal = recordingTerminal({ columns: 60 });
    const renderer = createLiveRenderer(terminal, true);
    renderer.update(someView());
    terminal.takeOut();
    Object.assign(terminal.out, { columns: 30 });
    renderer.end();
    // 39, 50, 40 and 59 characters in 30 columns.
    expect(terminal.takeOut()).toBe('\u001b[8A\r\u001b[J');
  });
});
