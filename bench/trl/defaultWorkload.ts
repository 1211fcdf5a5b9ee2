import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createCatalog } from '../../core/container.ts';
import type { Split } from '../../core/contracts/dataset.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import type { PluginChoice } from '../../core/experiment/pluginChoices.ts';
import { chosenPlugin } from '../../core/experiment/pluginChoices.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import { plugins } from '../../plugins/index.ts';
import type { BenchProblem, Workload } from './workload.ts';

const catalog = createCatalog(plugins);

/**
 * What an experiment file asks for, as the other side can be told it. Throws RangeError where the file asks for something that this
 * translation leaves out, so that the two sides never run different experiments.
 */
export async function workloadOf(file: string, threads: number): Promise<Workload> {
  const { experiment } = resolveExperiment(parseExperiment(readFileSync(file, 'utf8'), file), catalog);
  const { adapter, data, evaluation, objective, optimizer, rollout, schedule, training } = experiment;
  requireEqual(file, [
    ['adapter.type', adapter.type, 'lora'],
    ['objective.type', objective.type, 'dapo'],
    ['objective.beta', objective['beta'] ?? 0, 0],
    ['optimizer.type', optimizer.type, 'adamw'],
    ['rewards', experiment.rewards.map(({ type }) => type).join(), 'exact_answer'],
    ['training.num_iterations', training.num_iterations, 1],
    ['training.steps_per_generation', training.steps_per_generation, 1],
    ['training.scale_rewards', training.scale_rewards, 'group'],
    ['evaluation.every', evaluation.every, 0],
    ['rollout.top_p', rollout.top_p, 1],
    ['rollout.top_k', rollout.top_k, 0],
  ]);
  if (schedule.type !== 'constant' && schedule.type !== 'linear' && schedule.type !== 'cosine')
    throw new RangeError(`${file}: the benchmark does not translate the schedule "${schedule.type}"`);
  const open = async (choice: PluginChoice, split: Split, count: number): Promise<readonly BenchProblem[]> => {
    const { plugin, config } = chosenPlugin(catalog, 'dataset', choice);
    const source = await plugin.open(config, { split, seed: experiment.seed, baseFolder: dirname(file) });
    return Array.from({ length: Math.min(count, source.size ?? count) }, (_, index) => {
      const { question, reference } = source.problem(index);
      return { question: data.template.replaceAll('{question}', () => question), reference };
    });
  };
  return {
    name: experiment.name,
    model: resolve(dirname(file), experiment.model.path),
    problems: await open(data.train, 'train', (training.steps * rollout.batch_size) / rollout.group_size),
    heldOut: repeated(await open(data.evaluate ?? data.train, 'report', evaluation.problems), evaluation.samples),
    chat: data.chat,
    ...(data.system === undefined ? {} : { system: data.system }),
    reward: 'boxed',
    steps: training.steps,
    batchSize: rollout.batch_size,
    groupSize: rollout.group_size,
    maxCompletionTokens: rollout.max_completion_tokens,
    minCompletionTokens: rollout.min_completion_tokens,
    temperature: rollout.temperature,
    learningRate: experiment.learning_rate,
    schedule: schedule.type,
    rank: Number(adapter['r']),
    alpha: Number(adapter['lora_alpha']),
    targetModules: adapter['target_modules'] as string[],
    threads,
    seed: experiment.seed,
    evaluation: {
      temperature: evaluation.temperature,
      topP: evaluation.top_p,
      watched: (await Promise.all(data.watch.map((choice) => open(choice, 'report', evaluation.problems)))).map(
        (problems) => repeated(problems, evaluation.samples),
      ),
    },
  };
}

/** A problem that is answered several times stands in the list as often. */
function repeated(problems: readonly BenchProblem[], samples: number): readonly BenchProblem[] {
  return problems.flatMap((problem) => Array<BenchProblem>(samples).fill(problem));
}

function requireEqual(file: string, wanted: readonly (readonly [string, unknown, unknown])[]): void {
  for (const [key, value, expected] of wanted) {
    if (value !== expected)
      throw new RangeError(`${file}: the benchmark translates only ${key} = ${String(expected)}, not ${String(value)}`);
  }
}
