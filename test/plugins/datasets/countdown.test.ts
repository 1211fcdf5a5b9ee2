import { expect, it } from 'vitest';
import { firstProblems } from '../../../core/conformance/datasetBehaviours.ts';
import { evaluateExpression } from '../../../core/verifier/expression.ts';
import { formatRational } from '../../../core/verifier/rational.ts';
import { countdown } from '../../../plugins/datasets/countdown.ts';
import { countdown as countdownReward } from '../../../plugins/rewards/countdown.ts';
import { scoreOf } from '../rewards/rewardSample.ts';
import { openDataset } from './openDataset.ts';

it.each([{}, { count: [2, 6], numbers: [1, 100], targets: [0, 1000] }])(
  'demonstrates solutions that its reward accepts: %j',
  async (settings) => {
    const config = countdown.config.parse(settings);
    for (const problem of firstProblems(await openDataset(countdown, settings), 400)) {
      const { demonstration = '', reference } = problem;
      const score = await scoreOf(countdownReward, {}, { completion: demonstration, reference });
      expect(score, demonstration).toMatchObject({ value: 1 });
      const [, given = '', target] = /^Use (.+) to make (\d+)\.$/u.exec(problem.question) ?? [];
      expect(Number(target)).toBeGreaterThanOrEqual(config.targets[0]);
      expect(Number(target)).toBeLessThanOrEqual(config.targets[1]);
      const numbers = given.split(', ').map(Number);
      expect(numbers.length).toBeGreaterThanOrEqual(config.count[0]);
      expect(Math.max(...numbers)).toBeLessThanOrEqual(config.numbers[1]);
      const thought = /^<think>(.*)<\/think>/u.exec(demonstration)?.[1] ?? '';
      for (const step of thought === '' ? [] : thought.split(', ')) {
        const [left = '', right] = step.split('=');
        const result = evaluateExpression(left);
        expect('value' in result && formatRational(result.value), step).toBe(right);
      }
    }
  },
);

it('counts the same numbers in another order as the same problem', async () => {
  const settings = { count: [2, 2], numbers: [1, 12], targets: [1, 40] };
  const problems = firstProblems(await openDataset(countdown, settings), 1_500);
  const ids = new Map<string, string>();
  const questions = new Map<string, string>();
  let reordered = 0;
  for (const { id, reference, question } of problems) {
    expect(ids.get(reference) ?? id).toBe(id);
    reordered += (questions.get(reference) ?? question) === question ? 0 : 1;
    ids.set(reference, id);
    questions.set(reference, question);
  }
  expect(reordered).toBeGreaterThan(0);
});
