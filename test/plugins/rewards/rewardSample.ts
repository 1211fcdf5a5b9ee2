import type { Reward, RewardSample, RewardScore } from '../../../core/contracts/reward.ts';

/** A sample with a given completion; its other parts are unimportant unless given. */
function rewardSample(part: Partial<RewardSample>): RewardSample {
  return {
    prompt: 'What is 1+1?',
    completion: '',
    completionIds: [],
    finished: true,
    reference: '2',
    maxCompletionTokens: 100,
    ...part,
  };
}

/** What a reward says of a sample, with its configuration as users write it. */
export async function scoreOf<Config>(
  reward: Reward<Config>,
  options: Readonly<Record<string, unknown>>,
  part: Partial<RewardSample>,
): Promise<RewardScore> {
  return reward.create(reward.config.parse(options))(rewardSample(part));
}
