import { expect, it } from 'vitest';
import { identifyProblem } from '../../core/problems/identifyProblem.ts';

it('keeps its verdicts for ever: a base model was trained on some texts and is reported on others', () => {
  expect(identifyProblem('What is (12+7)*3-5?')).toEqual({ id: '72a3d4da96666f5826be4092', split: 'train' });
});

it('gives one tenth each to selection and report', () => {
  const counts = { train: 0, selection: 0, report: 0 };
  for (let number = 0; number < 10_000; number++) {
    counts[identifyProblem(`problem ${number}`).split]++;
  }
  expect(counts.selection).toBeGreaterThan(900);
  expect(counts.selection).toBeLessThan(1_100);
  expect(counts.report).toBeGreaterThan(900);
  expect(counts.report).toBeLessThan(1_100);
});

it.each(['what is 1+2 ?', '  What\tis\n1+2?', 'WHAT IS 1 + 2?', 'What is １+２?'])(
  'takes %j for the same problem',
  (text) => {
    expect(identifyProblem(text)).toEqual(identifyProblem('What is 1+2?'));
  },
);
