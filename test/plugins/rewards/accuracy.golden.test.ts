import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { accuracy } from '../../../plugins/rewards/accuracy.ts';
import { reasoningAccuracy } from '../../../plugins/rewards/reasoningAccuracy.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';
import { scoreOf } from './rewardSample.ts';

interface Case {
  readonly completion: string;
  readonly solution: string;
  readonly accuracy_reward: number | null;
  readonly reasoning_accuracy_reward: number | null;
  readonly reasoning_accuracy_reward_with_delimiters: number | null;
}

const file = ['trl', 'rewards', 'accuracy.json'];
/** TRL's own settings: boxes and "the final answer is" alone, boxes that are near as one set, thoughts like anything else. */
const trl = {
  extraction: [{ type: 'latex', boxed_match_priority: 0, boxes: 'near', try_extract_without_anchor: false }],
  thoughts: false,
};

describe('trl/rewards accuracy', () => {
  if (!hasGolden(...file)) {
    it.skip(`no ${file.join('/')} in the golden folder`);
    return;
  }
  const { delimiters, cases } = JSON.parse(readFileSync(goldenPath(...file), 'utf8')) as {
    readonly delimiters: readonly string[];
    readonly cases: readonly Case[];
  };
  it.each(cases.map((entry) => ({ entry, name: JSON.stringify([entry.completion, entry.solution]).slice(0, 120) })))(
    '$name',
    async ({ entry }) => {
      const sample = { completion: entry.completion, reference: entry.solution };
      const scores = await Promise.all([
        scoreOf(accuracy, trl, sample),
        scoreOf(reasoningAccuracy, trl, sample),
        scoreOf(reasoningAccuracy, { ...trl, delimiters }, sample),
      ]);
      // eslint-disable-next-line no-restricted-syntax -- JSON has no undefined.
      expect(scores.map(({ value }) => value ?? null)).toEqual([
        entry.accuracy_reward,
        entry.reasoning_accuracy_reward,
        entry.reasoning_accuracy_reward_with_delimiters,
      ]);
    },
  );
});
