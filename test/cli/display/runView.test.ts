import { describe, expect, it } from 'vitest';
import { accuracyPoints, secondsLeft, secondsSpent, stepsDone } from '../../../cli/display/runView.ts';
import { evaluated, someView, stepLine } from './views.ts';

const result = { accuracy: 0.5, low: 0.4, high: 0.6, problems: 512 };
const measured = { 'evaluation/accuracy': 0.5, 'evaluation/low': 0.4, 'evaluation/high': 0.6 };

describe('secondsLeft', () => {
  it('is unknown before the first step', () => {
    expect(secondsLeft(someView({ lines: [evaluated] }))).toBeUndefined();
  });

  it('counts the first step only while it is alone, and the evaluation that comes last', () => {
    expect(secondsLeft(someView({ lines: [stepLine(1, 0)] }))).toBe(9 * 5);
    expect(secondsLeft(someView({ lines: [stepLine(1, 0), stepLine(2, 0)] }))).toBe(8);
    expect(secondsLeft(someView({ lines: [evaluated, stepLine(1, 0), stepLine(2, 0)] }))).toBe(8 + 3);
  });

  it('counts the evaluations in between', () => {
    const { record } = someView();
    const experiment = { ...record.experiment, evaluation: { ...record.experiment.evaluation, every: 3 } };
    // After steps 3, 6 and 9, and after the last.
    expect(secondsLeft(someView({ record: { experiment }, lines: [evaluated, stepLine(1, 0), stepLine(2, 0)] }))).toBe(
      8 + 12,
    );
    expect(secondsLeft(someView({ record: { experiment }, lines: [evaluated, stepLine(1, 0), stepLine(6, 0)] }))).toBe(
      4 + 6,
    );
    expect(secondsLeft(someView({ record: { experiment }, lines: [evaluated, stepLine(1, 0), stepLine(10, 0)] }))).toBe(
      0,
    );
  });
});

describe('secondsSpent', () => {
  it('lets an interrupted run end with its last step', () => {
    const lines = [stepLine(1, 0), stepLine(2, 0)];
    expect(secondsSpent(someView({ lines }))).toBe(5);
    expect(secondsSpent(someView({ lines, status: 'interrupted' }))).toBe(6);
  });
});

describe('accuracyPoints', () => {
  it('takes each moment once, from the record where it is there already', () => {
    const lines = [evaluated, { step: 5, metrics: measured }, { step: 10, metrics: measured }];
    const before = { ...result, accuracy: 0.25, low: 0.2, high: 0.3 };
    const steps = (record: object, count: number): number[] =>
      accuracyPoints(someView({ record, lines: lines.slice(0, count) })).map(({ step }) => step);
    expect(steps({}, 0)).toEqual([]);
    expect(steps({ evaluation: { before } }, 0)).toEqual([0]);
    expect(steps({ evaluation: { before } }, 2)).toEqual([0, 5]);
    expect(steps({ evaluation: { before, after: result } }, 2)).toEqual([0, 5, 10]);
    expect(steps({ evaluation: { before, after: result } }, 3)).toEqual([0, 5, 10]);
  });
});

describe('stepsDone', () => {
  it('is what either file knows', () => {
    expect(stepsDone(someView({ record: { steps: 4 }, lines: [stepLine(3, 0)] }))).toBe(4);
    expect(stepsDone(someView({ record: { steps: 4 }, lines: [stepLine(5, 0)] }))).toBe(5);
  });
});
