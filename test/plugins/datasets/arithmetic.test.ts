import { describe, expect, it } from 'vitest';
import { firstProblems } from '../../../core/conformance/datasetBehaviours.ts';
import type { Problem } from '../../../core/contracts/dataset.ts';
import { evaluateExpression } from '../../../core/verifier/expression.ts';
import { formatRational } from '../../../core/verifier/rational.ts';
import { verifyAnswer } from '../../../core/verifier/verify.ts';
import { arithmetic } from '../../../plugins/datasets/arithmetic/arithmetic.ts';
import { openDataset } from './openDataset.ts';

function valueOf(expression: string): string {
  const result = evaluateExpression(expression);
  return 'problem' in result ? result.problem : formatRational(result.value);
}

/** The steps of a worked demonstration, each split at its equals signs. */
function stepsOf({ demonstration = '' }: Problem): string[][] {
  const thought = /^<think>(.*)<\/think>\\boxed\{-?\d+\}$/u.exec(demonstration)?.[1] ?? 'malformed';
  return thought === '' ? [] : thought.split(', ').map((step) => step.split('='));
}

function expectRightDemonstration(problem: Problem): void {
  const verdict = verifyAnswer(problem.demonstration ?? '', problem.reference, { extraction: ['boxed'] });
  expect(verdict.equal, problem.demonstration).toBe(true);
}

const chainSettings = [
  {},
  { operations: [2, 8], results: [-200, 200], operands: [0, 150], factors: [2, 25] },
  { operators: { '*': 2, '/': 1, '-': 1 }, factors: [2, 12], results: [0, 999], operands: [1, 999] },
  { operators: { '/': 1, '*': 1 }, operations: [1, 3] },
];

describe('chains', () => {
  it.each(chainSettings)('keeps what is asked for and demonstrates it rightly: %j', async (settings) => {
    const config = arithmetic.config.parse(settings);
    const used = new Set<string>();
    for (const problem of firstProblems(await openDataset(arithmetic, { ...settings, worked: 1 }), 500)) {
      const expression = /^What is (.+)\?$/u.exec(problem.question)?.[1] ?? '';
      expect(valueOf(expression), problem.question).toBe(problem.reference);
      expectRightDemonstration(problem);
      const steps = stepsOf(problem);
      expect(steps.length).toBeGreaterThanOrEqual(config.operations[0]);
      expect(steps.length).toBeLessThanOrEqual(config.operations[1]);
      let previous: string | undefined;
      for (const [left = '', right = ''] of steps) {
        expect(valueOf(left), problem.demonstration).toBe(right);
        expect(Number(right)).toBeGreaterThanOrEqual(config.results[0]);
        expect(Number(right)).toBeLessThanOrEqual(config.results[1]);
        const [, start, operator = '', operand] = /^(-?\d+)([-+*/])(\d+)$/u.exec(left) ?? [];
        expect(start).toBe(previous ?? start);
        const range = operator === '*' || operator === '/' ? config.factors : config.operands;
        expect(Number(operand)).toBeGreaterThanOrEqual(range[0]);
        expect(Number(operand)).toBeLessThanOrEqual(range[1]);
        used.add(operator);
        previous = right;
      }
      expect(previous).toBe(problem.reference);
    }
    expect([...used].sort()).toEqual(Object.keys(config.operators).sort());
  });

  it('writes brackets where the order of operations needs them, and nowhere else', async () => {
    const problems = firstProblems(await openDataset(arithmetic, { operators: { '+': 1, '*': 1 } }), 500);
    const questions = problems.map(({ question }) => question);
    expect(questions.some((question) => /\(\d+\+\d+\)\*/u.test(question))).toBe(true);
    expect(questions.some((question) => /^What is \d+\*\d+\+/u.test(question))).toBe(true);
    for (const question of questions) {
      const brackets = question.match(/\)/gu) ?? [];
      expect(question.match(/[+-]\d+\)[*/]/gu) ?? [], question).toHaveLength(brackets.length);
    }
  });
});

describe('linear', () => {
  it.each([{}, { coefficients: [1, 40], constants: [1, 500], solutions: [10, 300] }])(
    'has the solution asked for and demonstrates it rightly: %j',
    async (settings) => {
      const config = arithmetic.config.parse(settings);
      for (const problem of firstProblems(
        await openDataset(arithmetic, { ...settings, families: ['linear'], worked: 1 }),
        500,
      )) {
        const [, left = '', side] = /^Solve (.+)=(\d+)$/u.exec(problem.question) ?? [];
        expect(valueOf(left.replace('x', `(${problem.reference})`)), problem.question).toBe(side);
        expect(Number(problem.reference)).toBeGreaterThanOrEqual(config.solutions[0]);
        expect(Number(problem.reference)).toBeLessThanOrEqual(config.solutions[1]);
        expectRightDemonstration(problem);
        const [product, solution] = stepsOf(problem);
        expect(valueOf(product?.[1] ?? '')).toBe(product?.[2]);
        expect(valueOf(solution?.[1] ?? '')).toBe(solution?.[2]);
        expect(solution?.[2]).toBe(problem.reference);
      }
    },
  );
});

it('mixes families in equal parts', async () => {
  const problems = firstProblems(await openDataset(arithmetic, { families: ['chains', 'linear'] }), 1_000);
  const chains = problems.filter(({ family }) => family === 'chains').length;
  expect(chains).toBeGreaterThan(420);
  expect(chains).toBeLessThan(580);
});

it.each([
  [{ operations: [4, 2] }, 'the lower end comes first'],
  [{ operations: [0, 2] }, 'expected number to be >=1'],
  [{ operators: {} }, 'at least one operator'],
  [{ operators: { '+': 0 } }, 'at least one operator'],
  [{ operators: { '**': 1 } }, 'operators'],
  [{ families: [] }, 'families'],
  [{ families: ['calculus'] }, 'families'],
  [{ results: [0, 1e9] }, 'results'],
  [{ worked: 1.5 }, 'worked'],
  [{ difficulty: 3 }, 'difficulty'],
])('rejects %j', (options, said) => {
  const result = arithmetic.config.safeParse(options);
  expect(JSON.stringify(result.error?.issues)).toContain(said);
});
