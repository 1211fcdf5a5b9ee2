import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RewardScore } from '../../../core/contracts/reward.ts';
import { cosineScaled } from '../../../plugins/rewards/cosineScaled.ts';
import { format } from '../../../plugins/rewards/format.ts';
import { repetitionPenalty } from '../../../plugins/rewards/repetitionPenalty.ts';
import { softOverlong } from '../../../plugins/rewards/softOverlong.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';
import { scoreOf } from './rewardSample.ts';

type Case = Readonly<Record<string, unknown>>;
type Judge = (entry: Case) => Promise<RewardScore>;

const file = ['trl', 'rewards', 'rewards.json'];
const pick = (entry: Case, ...names: string[]): Case => Object.fromEntries(names.map((name) => [name, entry[name]]));
const ids = (count: unknown): number[] => Array.from({ length: Number(count) }, () => 1);

/** `correct` stands for the verifier's answer: here a completion and reference that give the same. */
async function cosineScore({ options, correct, length }: Case): Promise<RewardScore> {
  const completion = correct === 1 ? '\\boxed{2}' : '\\boxed{3}';
  const reference = typeof correct === 'number' ? '2' : 'unusable';
  return scoreOf(cosineScaled, options as Case, { completion, reference, completionIds: ids(length) });
}

const judges: Readonly<Record<string, Judge>> = {
  think_format_reward: ({ text }) => scoreOf(format, {}, { completion: String(text) }),
  soft_overlong_punishment: (entry) =>
    scoreOf(softOverlong, pick(entry, 'max_completion_len', 'soft_punish_cache'), {
      completionIds: ids(entry['length']),
    }),
  repetition_penalty: (entry) =>
    scoreOf(repetitionPenalty, pick(entry, 'ngram_size', 'max_penalty'), { completionIds: entry['ids'] as number[] }),
  cosine_scaled_reward: cosineScore,
};

describe('trl/rewards', () => {
  if (!hasGolden(...file)) {
    it.skip(`no ${file.join('/')} in the golden folder`);
    return;
  }
  const kinds = JSON.parse(readFileSync(goldenPath(...file), 'utf8')) as Record<string, Case[]>;
  for (const [kind, cases] of Object.entries(kinds)) {
    const judge = judges[kind];
    if (judge === undefined) {
      it.skip(`${kind}: no such reward here`);
    } else {
      it.each(cases.map((entry) => ({ entry, name: JSON.stringify(entry).slice(0, 120) })))(
        `${kind} $name`,
        async ({ entry }) => {
          const { value } = await judge(entry);
          if (typeof entry['reward'] !== 'number') {
            expect(value).toBeUndefined();
          } else {
            const difference = Math.abs(Number(value) - entry['reward']);
            expect(difference).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(entry['reward'])));
          }
        },
      );
    }
  }
});
