import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Optimizer } from '../contracts/optimizer.ts';
import type { Behaviour } from './behaviour.ts';
import { demandNone, nonconformity } from './behaviour.ts';
import type { DescribedPlugin } from './description.ts';
import { differenceInWords } from './difference.ts';
import { createOptimizerBench, drawnColumns, parametersFor } from './optimizerBench.ts';
import type { Columns, OptimizerBench } from './optimizerBench.ts';

/** An optimizer with the least options that a user can write for it. */
export interface OptimizerSubject extends DescribedPlugin {
  readonly optimizer: Optimizer;
  readonly config: unknown;
}

const descentSteps = 200;
const descentRate = 0.05;
/** How much of the way is left at most. */
const descent = 0.1;

async function withBench<Result>(
  { optimizer }: OptimizerSubject,
  config: unknown,
  use: (bench: OptimizerBench) => Promise<Result>,
): Promise<Result> {
  const bench = await createOptimizerBench(optimizer, config);
  try {
    return await use(bench);
  } finally {
    await bench.release();
  }
}

/** The configuration without decay of weights, where its options say how much there is. */
function withoutDecay({ optimizer, config, options }: OptimizerSubject): unknown {
  const keys = Object.keys(z.toJSONSchema(optimizer.config, { io: 'input', unrepresentable: 'any' }).properties ?? {});
  const none = Object.fromEntries(keys.filter((key) => key.endsWith('weight_decay')).map((key) => [key, 0]));
  const parsed = optimizer.config.safeParse({ ...options, ...none });
  return parsed.success ? parsed.data : config;
}

function compare({ plugin }: OptimizerSubject, actual: Columns, expected: Columns, when: string): void {
  for (const [name, values] of Object.entries(expected)) {
    const problem = differenceInWords(actual[name] ?? [], values, 0);
    demandNone({ plugin, method: 'update' }, `${when}, ${name} changes`, problem);
  }
}

const standsStill: Behaviour<OptimizerSubject> = {
  name: 'moves nothing at a learning rate of 0, and nothing without gradient and decay',
  judge: async (subject) => {
    const [values, gradients] = [drawnColumns('value'), drawnColumns('gradient')];
    await withBench(subject, subject.config, async (bench) => {
      compare(subject, await bench.step(values, gradients, 0, 1), values, 'at a learning rate of 0');
    });
    const zeros = Object.fromEntries(
      Object.entries(values).map(([name, { length }]) => [name, new Float32Array(length)]),
    );
    await withBench(subject, withoutDecay(subject), async (bench) => {
      compare(subject, await bench.step(values, zeros, 0.1, 1), values, 'with a gradient of 0 and no decay');
    });
  },
};

const goesDown: Behaviour<OptimizerSubject> = {
  name: 'goes down: many steps on a quadratic bring it near its minimum',
  judge: (subject) => {
    const config = withoutDecay(subject);
    const trained = parametersFor(subject.optimizer, config).filter(({ trainable }) => trainable);
    const size = (columns: Columns): number => Math.hypot(...trained.flatMap(({ name }) => [...(columns[name] ?? [])]));
    return withBench(subject, config, async (bench) => {
      const start = drawnColumns('value');
      let now = start;
      for (let step = 1; step <= descentSteps; step++) now = await bench.step(now, now, descentRate, step);
      if (size(now) < descent * size(start)) return;
      const numbers = `the distance to the minimum goes from ${size(start).toPrecision(3)} to ${size(now).toPrecision(3)}`;
      throw nonconformity({ plugin: subject.plugin, method: 'update' }, `in ${descentSteps} steps ${numbers}`);
    });
  },
};

const repeatsItself: Behaviour<OptimizerSubject> = {
  name: 'gives the same bits twice',
  judge: async (subject) => {
    const twoSteps = (): Promise<Columns> =>
      withBench(subject, subject.config, async (bench) => {
        const gradients = drawnColumns('gradient');
        return bench.step(await bench.step(drawnColumns('value'), gradients, 0.1, 1), gradients, 0.1, 2);
      });
    const [first, second] = [await twoSteps(), await twoSteps()];
    compare(subject, second, first, 'the second time');
    if (!isDeepStrictEqual(second, first))
      throw nonconformity({ plugin: subject.plugin, method: 'update' }, 'the second time, a zero has another sign');
  },
};

/** What every optimizer does. */
export const optimizerBehaviours: readonly Behaviour<OptimizerSubject>[] = [standsStill, goesDown, repeatsItself];
