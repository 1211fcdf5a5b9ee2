import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  forgetEvaluationsAfter,
  readEvaluations,
  writeEvaluation,
  type EvaluationRecord,
} from '../../core/runs/evaluationFiles.ts';
import { runFile } from '../../core/runs/runFiles.ts';
import { temporaryFolder } from './folder.ts';

const record = (step: number): Omit<EvaluationRecord, 'format'> => ({
  moment: step === 0 ? 'before' : 'during',
  step,
  benchmarks: [
    {
      name: 'arithmetic',
      role: 'trained',
      split: 'report',
      hash: 'abc',
      samples: 2,
      temperature: 1,
      topP: 1,
      maxCompletionTokens: 8,
      seed: 1234,
      accuracy: 0.25,
      low: 0,
      high: 0.5,
      passAtK: { '1': { value: 0.25, low: 0, high: 0.5 }, '2': { value: 0.5, low: 0.1, high: 0.9 } },
      meanTokens: 4,
      truncated: 0.5,
      kl: { perToken: 0.1, perTokenK3: 0.1, perSequence: 0.4, standardError: 0.05, sequences: 2 },
      problems: { id: ['a', 'b'], correct: [1, 0], unjudged: [0, 1], tokens: [7, 9] },
    },
  ],
});

describe('the evaluations of a run', () => {
  it('are read as they were written, in the order of their steps', () => {
    const run = temporaryFolder();
    expect(readEvaluations(run)).toEqual([]);
    const last = { ...record(20), moment: 'after' } as const;
    writeEvaluation(run, last);
    for (const step of [20, 0, 3]) writeEvaluation(run, record(step));
    const inOrder = [...[0, 3, 20].map(record), last];
    expect(readEvaluations(run)).toEqual(inOrder.map((own) => ({ format: 1, ...own })));
  });

  it('later than a step are forgotten', () => {
    const run = temporaryFolder();
    for (const step of [0, 3, 20]) writeEvaluation(run, record(step));
    forgetEvaluationsAfter(run, 3);
    expect(readEvaluations(run).map(({ step }) => step)).toEqual([0, 3]);
    forgetEvaluationsAfter(run, -1);
    expect(readEvaluations(run)).toEqual([]);
  });

  it.each([
    ['{"format": 1', /not valid JSON/],
    ['{"format": 2, "moment": "before", "step": 0, "benchmarks": []}', /not an evaluation of this version/],
  ])('that are none are refused by name: %s', (text, message) => {
    const run = temporaryFolder();
    writeEvaluation(run, record(0));
    writeFileSync(path.join(runFile(run, 'evaluations'), 'step-0-before.json'), text);
    expect(() => readEvaluations(run)).toThrow(message);
    expect(() => readEvaluations(run)).toThrow(expect.objectContaining({ code: 'run/corrupt' }));
  });
});
