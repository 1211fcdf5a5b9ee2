import { objective } from './objective.ts';

export const tests = {
  'asks for groups, since it compares completions of one prompt': () => {
    const { minimumGroupSize, rollouts } = objective.requirements(objective.config.parse({}));
    if (minimumGroupSize < 2 || !rollouts) throw new Error(`a group of ${minimumGroupSize}, rollouts: ${rollouts}`);
  },
};
