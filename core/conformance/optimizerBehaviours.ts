import type { Optimizer } from '../contracts/optimizer.ts';
import type { Behaviour } from './behaviour.ts';
import { nonconformity } from './behaviour.ts';
import type { DescribedPlugin } from './description.ts';
import { differenceInWords } from './difference.ts';
import { createOptimizerBench, drawnColumns } from './optimizerBench.ts';
import type { Columns, OptimizerBench } from './optimizerBench.ts';

/** An optimizer with the least options that a user can write for it. */
export interface OptimizerSubject extends DescribedPlugin {
  readonly optimizer: Optimizer;
  readonly config: unknown;
}

const descentSteps = 200;
const descentRate = 0.05;

async function withBench<Result>(
  { optimizer, config }: OptimizerSubject,
  use: (bench: OptimizerBench) => Promise<Result>,
): Promise<Result> {
  const bench = await createOptimizerBench(optimizer, config);
  try {
    return await use(bench);
  } finally {
    await bench.release();
  }
}

function compare(subject: OptimizerSubject, actual: Columns, expected: Columns, when: string): void {
  for (const [name, values] of Object.entries(expected)) {
    const problem = differenceInWords(actual[name] ?? [], values, 0);
    if (problem !== undefined)
      throw nonconformity({ plugin: subject.plugin, method: 'update' }, `${when}, ${name} changes: ${problem}`);
  }
}

const standsStill: Behaviour<OptimizerSubject> = {
  name: 'moves nothing at a learning rate of 0',
  judge: (subject) =>
    withBench(subject, async (bench) => {
      const values = drawnColumns('value');
      compare(subject, await bench.step(values, drawnColumns('gradient'), 0, 1), values, 'at a learning rate of 0');
    }),
};

const goesDown: Behaviour<OptimizerSubject> = {
  name: 'goes down: many steps on a quadratic bring it near its minimum',
  judge: (subject) =>
    withBench(subject, async (bench) => {
      const size = (columns: Columns): number => Math.hypot(...Object.values(columns).flatMap((values) => [...values]));
      const start = drawnColumns('value');
      let now = start;
      for (let step = 1; step <= descentSteps; step++) now = await bench.step(now, now, descentRate, step);
      if (size(now) < 0.5 * size(start)) return;
      const numbers = `the distance to the minimum goes from ${size(start).toPrecision(3)} to ${size(now).toPrecision(3)}`;
      throw nonconformity({ plugin: subject.plugin, method: 'update' }, `in ${descentSteps} steps ${numbers}`);
    }),
};

const repeatsItself: Behaviour<OptimizerSubject> = {
  name: 'gives the same bits twice',
  judge: async (subject) => {
    const twoSteps = (): Promise<Columns> =>
      withBench(subject, async (bench) => {
        const gradients = drawnColumns('gradient');
        return bench.step(await bench.step(drawnColumns('value'), gradients, 0.1, 1), gradients, 0.1, 2);
      });
    compare(subject, await twoSteps(), await twoSteps(), 'the second time');
  },
};

/** What every optimizer does. */
export const optimizerBehaviours: readonly Behaviour<OptimizerSubject>[] = [standsStill, goesDown, repeatsItself];
