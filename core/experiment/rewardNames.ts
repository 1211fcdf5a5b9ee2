import type { Experiment } from './schema.ts';

/** Names of an experiment's rewards, in order, as metrics and completions have them: the plugin's id; used again, with a number. */
export function rewardNames(rewards: Experiment['rewards']): readonly string[] {
  const used = new Map<string, number>();
  return rewards.map(({ type }) => {
    const count = (used.get(type) ?? 0) + 1;
    used.set(type, count);
    return count === 1 ? type : `${type}-${count}`;
  });
}
