import { z } from 'zod';
import type { Dataset } from 'rlvr-lab/contracts/dataset';
import { openGenerator } from 'rlvr-lab/problems/generatedProblems';

/** What a user writes beside `type: my_dataset`, with defaults. An unknown key is refused by name. */
const schema = z.strictObject({
  largest: z.int().min(10).max(1_000_000).default(99).describe('Numbers are drawn from 1 up to this one'),
});

type Config = z.output<typeof schema>;

/** my_dataset: `What is 12+30?`, without end. */
export const dataset: Dataset<Config> = {
  id: 'my_dataset',
  summary: 'Sums of two numbers',
  source: 'written for this project',
  config: schema,
  // Problem i is drawn from a random stream of its own; the generator sees to it that train, selection and report never overlap.
  open: (config, options) =>
    Promise.resolve().then(() =>
      openGenerator(
        {
          id: 'my_dataset',
          // Raise it whenever the same draws begin to give other problems.
          version: 1,
          config,
          draw: (random) => {
            const [a, b] = [1 + random.integer(config.largest), 1 + random.integer(config.largest)];
            return { question: `What is ${a}+${b}?`, reference: String(a + b), family: 'sums' };
          },
        },
        options,
      ),
    ),
};
