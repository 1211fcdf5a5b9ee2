import { expect, it } from 'vitest';
import { rewardNames } from '../../core/experiment/rewardNames.ts';

it('rewards are named by their plugin; one that is used again gets a number', () => {
  const rewards = ['format', 'exact_answer', 'format', 'format'].map((type) => ({ type, weight: 1 }));
  expect(rewardNames(rewards)).toEqual(['format', 'exact_answer', 'format-2', 'format-3']);
});
