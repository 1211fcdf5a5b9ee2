import { expect, it } from 'vitest';
import { firstProblems } from '../../../core/conformance/datasetBehaviours.ts';
import { identifyProblem } from '../../../core/problems/identifyProblem.ts';
import { sorting } from '../../../plugins/datasets/sorting.ts';
import { openDataset } from './openDataset.ts';

function numbersIn(text: string): number[] {
  return (text.match(/\d+/gu) ?? []).map(Number);
}

it.each([
  {},
  { orders: ['descending'], count: [2, 12], numbers: [0, 1000] },
  { orders: ['ascending', 'descending'], count: [5, 5], numbers: [10, 14] },
])('asks for a sorted list and picks its numbers one by one: %j', async (settings) => {
  const config = sorting.config.parse(settings);
  const asked = new Set<string>();
  for (const problem of firstProblems(await openDataset(sorting, { ...settings, worked: 1 }), 300)) {
    const [, list = '', order = ''] = /^Sort (.+) in (\w+) order\.$/u.exec(problem.question) ?? [];
    const given = numbersIn(list);
    asked.add(order);
    expect(given.length).toBeGreaterThanOrEqual(config.count[0]);
    expect(given.length).toBeLessThanOrEqual(config.count[1]);
    expect(new Set(given).size).toBe(given.length);
    const sorted = [...given].sort((a, b) => (order === 'ascending' ? a - b : b - a));
    expect(problem.reference).toBe(`(${sorted.join(', ')})`);
    const [, thought = '', boxed] = /^<think>(.*)<\/think>\\boxed\{(.+)\}$/u.exec(problem.demonstration ?? '') ?? [];
    expect(boxed).toBe(problem.reference);
    let left = given;
    for (const step of thought.split(', ')) {
      const [taken = NaN, ...from] = numbersIn(step);
      expect(from).toEqual(left);
      expect(taken).toBe(order === 'ascending' ? Math.min(...left) : Math.max(...left));
      left = left.filter((number) => number !== taken);
    }
    expect(left).toEqual([]);
  }
  expect([...asked].sort()).toEqual([...config.orders].sort());
});

it('asks for one place where a number is wanted', async () => {
  for (const { question, reference } of firstProblems(await openDataset(sorting, { answer: 'place' }), 200)) {
    const [, place = '', list = ''] =
      /^Which number is at place (\d+) of (.+) in ascending order\?$/u.exec(question) ?? [];
    expect(String(numbersIn(list).sort((a, b) => a - b)[Number(place) - 1])).toBe(reference);
  }
});

it('knows a list again when its numbers are given in another order', async () => {
  const train = firstProblems(await openDataset(sorting, { count: [3, 3], numbers: [0, 9] }), 500);
  const report = firstProblems(await openDataset(sorting, { count: [3, 3], numbers: [0, 9] }, { split: 'report' }), 10);
  const listsOf = (problems: typeof train): string[] => problems.map(({ reference }) => reference);
  expect(listsOf(train).filter((list) => listsOf(report).includes(list))).toEqual([]);
  for (const { id, reference } of report) {
    expect(identifyProblem(`sorting ascending  ${numbersIn(reference).join(' ')}`).id).toBe(id);
  }
});
