import path from 'node:path';
import { z } from 'zod';
import type { Reward, RewardSample, RewardScore, RewardSurroundings } from '../../core/contracts/reward.ts';
import { userFunction } from '../../core/userFunctions/userFunction.ts';

const schema = z.strictObject({
  file: z.string().min(1).describe('TypeScript, JavaScript or Python file, relative to the experiment'),
  export: z.string().min(1).default('reward').describe('Name of the function in it'),
  seconds: z.number().positive().max(86_400).default(10).describe('Longest time for one completion'),
  python: z.string().min(1).default('python3').describe('Command of the interpreter for .py files'),
});

type Config = z.output<typeof schema>;

function fileOf({ file }: Config, { baseFolder }: RewardSurroundings): string {
  return path.resolve(baseFolder, file);
}

/**
 * A function of the user's: `(prompt, completion, reference, { completionIds, finished, maxCompletionTokens }) => number | undefined`, or a
 * promise of that; in Python the last argument is a dict, which a function of three parameters is not given. It runs in processes of
 * its own. Where it throws, hangs or gives no finite number, the completion is masked and counted like that of any reward that fails.
 */
export const functionReward: Reward<Config> = {
  id: 'function',
  summary: 'A function in a TypeScript, JavaScript or Python file of yours',
  source: 'this project',
  config: schema,
  files: (config, surroundings) => [fileOf(config, surroundings)],
  create(config, surroundings = { baseFolder: process.cwd() }) {
    const { export: name, seconds, python } = config;
    const call = userFunction({ file: fileOf(config, surroundings), name, seconds, python });
    const score = async (sample: RewardSample): Promise<RewardScore> => {
      const { prompt, completion, reference, completionIds, finished, maxCompletionTokens } = sample;
      return { value: await call(prompt, completion, reference, { completionIds, finished, maxCompletionTokens }) };
    };
    return Object.assign(score, { limitsItself: true });
  },
};
