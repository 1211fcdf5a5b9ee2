import type { ProblemSource, Split } from '../../../core/contracts/dataset.ts';
import { RlvrError } from '../../../core/errors.ts';
import type { PluginChoice } from '../../../core/experiment/pluginChoices.ts';
import type { Experiment } from '../../../core/experiment/schema.ts';
import type { Benchmark } from '../../../core/training/benchmark.ts';
import type { Prompt } from '../../../core/training/prompts.ts';

/** What an experiment measures accuracy on, opened. */
export interface PreparedBenchmarks {
  readonly report: readonly Benchmark[];
  readonly selection?: Benchmark;
  /** Of each data set, by its place in the experiment. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** How data sets are opened and become prompts. */
export interface BenchmarkReader {
  open(choice: PluginChoice, split: Split): Promise<ProblemSource>;
  /** Prompts of at most so many problems, with room for completions of this length. */
  prompts(source: ProblemSource, problems: number, maxCompletionTokens: number): readonly Prompt[];
  /** Whether the problems of the data trained on are measured, too. */
  readonly isTrainedMeasured: boolean;
}

/** Opens every data set that accuracy is measured on. Throws as opening does; `config/invalid` for two of one name. */
export async function prepareBenchmarks(
  { data, evaluation, rollout, rewards }: Experiment,
  { open, prompts, isTrainedMeasured }: BenchmarkReader,
): Promise<PreparedBenchmarks> {
  const hashes: Record<string, string> = {};
  const opened = async (place: string, choice: PluginChoice, split: Benchmark['split']): Promise<ProblemSource> => {
    const source = await open(choice, split);
    hashes[place] = source.hash;
    return source;
  };
  const usual = (
    source: ProblemSource,
    own: Pick<Benchmark, 'name' | 'role'>,
    split: Benchmark['split'] = evaluation.split,
  ): Benchmark => ({
    ...own,
    split,
    hash: source.hash,
    prompts: prompts(source, evaluation.problems, rollout.max_completion_tokens),
    samples: evaluation.samples,
    temperature: evaluation.temperature,
    topP: evaluation.top_p,
    maxCompletionTokens: rollout.max_completion_tokens,
  });
  const measured = data.evaluate ?? data.train;
  const trained = { name: measured.type, role: 'trained' } as const;
  const report: Benchmark[] = [];
  if (isTrainedMeasured) report.push(usual(await opened('data.evaluate', measured, evaluation.split), trained));
  const selection =
    evaluation.every > 0 ? usual(await opened('data.select', measured, 'selection'), trained, 'selection') : undefined;
  for (const [index, choice] of data.watch.entries()) {
    const source = await opened(`data.watch.${index}`, choice, evaluation.split);
    const name = source.problem(0).family || `watch ${index}`;
    report.push(usual(source, { name, role: 'watched' }));
  }
  checkNames(report);
  // Without a reward there is nothing to judge with.
  if (rewards.length === 0) return { report: [], hashes };
  return { report, ...(selection && { selection }), hashes };
}

function checkNames(benchmarks: readonly Benchmark[]): void {
  const names = benchmarks.filter(({ role }) => role !== 'trained').map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new RlvrError(
    'config/invalid',
    `Two sets of problems that are evaluated beside the data trained on are named "${twice}": their results could not be told apart. ` +
      'Give evaluation.benchmarks names of their own, and watch each family once.',
    { name: twice },
  );
}
