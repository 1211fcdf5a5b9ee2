import type { EvaluationSettings, ProblemSource, Split } from '../../../core/contracts/dataset.ts';
import type { RewardFunction } from '../../../core/contracts/reward.ts';
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

type BenchmarkChoice = Omit<Experiment['evaluation']['benchmarks'][number], 'data' | 'reward'>;
type BenchmarkSettings = Pick<Benchmark, 'samples' | 'temperature' | 'topP' | 'maxCompletionTokens'>;

/** How data sets are opened and become prompts. */
export interface BenchmarkReader {
  open(choice: PluginChoice, split: Split): Promise<ProblemSource>;
  /** How a data set is usually evaluated, where it says so. */
  usualSettings(choice: PluginChoice): EvaluationSettings | undefined;
  /** Prompts of at most so many problems, with room for completions of this length. */
  prompts(source: ProblemSource, problems: number, maxCompletionTokens: number): readonly Prompt[];
  /** The verifier that trains, which is the one that evaluates where nothing else is said. */
  readonly verifier: RewardFunction;
  rewardOf(choice: PluginChoice): RewardFunction;
  /** Whether the problems of the data trained on are measured, too. */
  readonly isTrainedMeasured: boolean;
}

/** Opens every data set that accuracy is measured on. Throws as opening does; `config/invalid` for two of one name. */
export async function prepareBenchmarks(
  { data, evaluation, rollout, rewards }: Experiment,
  { open, usualSettings, prompts, verifier, rewardOf, isTrainedMeasured }: BenchmarkReader,
): Promise<PreparedBenchmarks> {
  const hashes: Record<string, string> = {};
  const opened = async (place: string, choice: PluginChoice, split: Benchmark['split']): Promise<ProblemSource> => {
    const source = await open(choice, split);
    hashes[place] = source.hash;
    return source;
  };
  const settingsOf = (own: BenchmarkChoice, recommended: EvaluationSettings | undefined): BenchmarkSettings => ({
    samples: own.samples ?? recommended?.samples ?? evaluation.samples,
    temperature: own.temperature ?? recommended?.temperature ?? evaluation.temperature,
    topP: own.top_p ?? recommended?.top_p ?? evaluation.top_p,
    maxCompletionTokens:
      own.max_completion_tokens ?? recommended?.max_completion_tokens ?? rollout.max_completion_tokens,
  });
  const usual = (
    source: ProblemSource,
    own: Pick<Benchmark, 'name' | 'role'>,
    split: Benchmark['split'] = evaluation.split,
  ): Benchmark => ({
    ...own,
    split,
    hash: source.hash,
    prompts: prompts(source, evaluation.problems, rollout.max_completion_tokens),
    ...settingsOf({}, undefined),
    reward: verifier,
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
  for (const [index, own] of evaluation.benchmarks.entries()) {
    const { split } = evaluation;
    const source = await opened(`evaluation.benchmarks.${index}`, own.data, split);
    const reward = own.reward === undefined ? verifier : rewardOf(own.reward);
    const as = settingsOf(own, usualSettings(own.data));
    const read = prompts(source, own.problems ?? evaluation.problems, as.maxCompletionTokens);
    report.push({
      name: own.name ?? own.data.type,
      role: 'benchmark',
      split,
      hash: source.hash,
      prompts: read,
      reward,
      ...as,
    });
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
