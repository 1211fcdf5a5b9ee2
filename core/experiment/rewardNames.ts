import type { Experiment } from './schema.ts';

/** The names of an experiment's rewards, in order, as metrics and completions use them: the plugin's id; one that is used again gets a number. */
export function rewardNames(rewards: Experiment['rewards']): readonly string[] {
  const used = new Map<string, number>();
  return rewards.map(({ type }) => {
    const count = (used.get(type) ?? 0) + 1;
    used.set(type, count);
    return count === 1 ? type : `${type}-${count}`;
  });
}
