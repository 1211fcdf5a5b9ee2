import type { PluginCatalog } from '../../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../../core/errors.ts';
import { chosenPlugin } from '../../core/experiment/pluginChoices.ts';
import type { PluginChoice } from '../../core/experiment/pluginChoices.ts';
import { verifierIndex } from '../../core/experiment/verifierIndex.ts';
import { formatCount, formatNumber } from '../../core/report/formatValue.ts';
import { evaluatePolicy } from '../../core/training/evaluate.ts';
import type { Evaluation } from '../../core/training/evaluate.ts';
import { experimentPrompts } from '../../core/training/experimentPrompts.ts';
import { meanWithInterval } from '../../core/training/passTable.ts';
import type { PassShare, Share } from '../../core/training/passTable.ts';
import { firstPrompts } from '../../core/training/prompts.ts';
import type { Prompt } from '../../core/training/prompts.ts';
import { createSampler } from '../../core/training/rollout.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { describeAccuracy } from '../display/describe.ts';
import { evaluatedExperiment } from '../evaluatedExperiment.ts';
import type { EvaluatedExperiment, EvaluationChoices } from '../evaluatedExperiment.ts';
import { exitCodes } from '../exitCodes.ts';
import { feedsOf, loadPolicy } from '../loadedPolicy.ts';
import type { LoadedPolicy } from '../loadedPolicy.ts';
import { createProgress } from '../progress.ts';
import { findSubject } from '../subject.ts';
import type { Subject } from '../subject.ts';
import { writeFacts } from '../table.ts';
import { writeJson } from '../terminal.ts';

/** Options of `rlvr eval`. */
export interface EvalOptions extends EvaluationChoices {
  readonly checkpoint?: number | 'best';
}

/** `rlvr eval RUN|MODEL`: accuracy on held-out problems, with intervals. */
export async function evalCommand(context: CommandContext, reference: string, options: EvalOptions): Promise<number> {
  const subject = findSubject(context, reference, options.checkpoint);
  const catalog = await loadCatalog(context);
  const wanted = evaluatedExperiment(subject, options, context.cwd, catalog);
  const policy = await loadPolicy(subject, catalog);
  const prompts = await promptsOf(wanted, policy, catalog);
  const started = performance.now();
  const evaluation = await evaluate(context, wanted, policy, prompts, catalog);
  const seconds = (performance.now() - started) / 1000;
  const result = summarise(subject, wanted, evaluation, catalog, seconds);
  if (context.json) writeJson(context.terminal, result);
  else writeFacts(context.terminal, describe(result));
  return exitCodes.success;
}

async function promptsOf(
  { experiment, dataFolder }: EvaluatedExperiment,
  { tokenizer, checkpoint }: LoadedPolicy,
  catalog: PluginCatalog,
): Promise<readonly Prompt[]> {
  const { data, evaluation, seed } = experiment;
  const { plugin, config } = chosenPlugin(catalog, 'dataset', data.evaluate ?? data.train);
  const source = await plugin.open(config, {
    split: evaluation.split,
    seed: evaluation.data_seed ?? seed,
    baseFolder: dataFolder,
  });
  const promptOf = experimentPrompts(experiment, tokenizer, checkpoint.config.maxPositionEmbeddings);
  return firstPrompts(source, evaluation.problems, promptOf);
}

async function evaluate(
  { terminal, json }: CommandContext,
  { experiment, dataFolder }: EvaluatedExperiment,
  policy: LoadedPolicy,
  prompts: readonly Prompt[],
  catalog: PluginCatalog,
): Promise<Evaluation> {
  const choice = judgeOf(experiment, catalog);
  const { plugin, config } = chosenPlugin(catalog, 'reward', choice);
  const { samples, temperature, top_p: topP, seed } = experiment.evaluation;
  const progress = createProgress(terminal, 'completions', json);
  const sampler = createSampler(policy.checkpoint.config);
  const reward = plugin.create(config, { baseFolder: dataFolder });
  try {
    return await evaluatePolicy(sampler, feedsOf(policy), policy.tokenizer, prompts, reward, {
      samples,
      temperature,
      topP,
      seed,
      maxCompletionTokens: experiment.rollout.max_completion_tokens,
      stopIds: policy.stopIds,
      onDidProgress: progress.update,
    });
  } finally {
    progress.end();
    await sampler.release();
  }
}

/** What judges, as in training. */
function judgeOf({ rewards }: EvaluatedExperiment['experiment'], catalog: PluginCatalog): PluginChoice {
  const choice = rewards[verifierIndex(rewards, catalog)];
  if (choice !== undefined) return choice;
  throw new RlvrError('usage', 'The experiment has no reward to judge with: choose one with --reward.');
}

/** What `rlvr eval --json` prints. Shares are fractions with their 95 % interval. */
interface EvaluationReport {
  readonly subject: string;
  readonly step?: number;
  readonly data: string;
  readonly reward: string;
  readonly problems: number;
  readonly samples: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  /** avg@k, which is the estimate of pass@1 with the least spread. */
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  /** Unbiased pass@k by k. */
  readonly passAtK: Readonly<Record<string, number>>;
  readonly passIntervals: readonly PassShare[];
  readonly families: readonly (Share & { readonly family: string; readonly problems: number })[];
  readonly unjudged: number;
  readonly meanTokens: number;
  /** Share of completions that were cut off. */
  readonly truncated: number;
  readonly seconds: number;
}

function summarise(
  subject: Subject,
  { experiment }: EvaluatedExperiment,
  evaluation: Evaluation,
  catalog: PluginCatalog,
  seconds: number,
): EvaluationReport {
  const { accuracy, low, high, problems, samples, passes, unjudged, meanTokens, truncated } = evaluation;
  const { temperature, top_p: topP, seed } = experiment.evaluation;
  const counts = evaluation.outcomes.filter(({ judged }) => judged > 0);
  const families = [...new Set(counts.map(({ family }) => family))].map((family) => {
    const own = counts.filter((problem) => problem.family === family);
    const shares = own.map((problem) => problem.correct / problem.judged);
    return { family, problems: own.length, ...meanWithInterval(shares, seed) };
  });
  return {
    subject: subject.name,
    ...(subject.kind === 'run' ? { step: subject.step } : {}),
    data: (experiment.data.evaluate ?? experiment.data.train).type,
    reward: judgeOf(experiment, catalog).type,
    problems,
    samples,
    temperature,
    topP,
    seed,
    accuracy,
    low,
    high,
    passAtK: Object.fromEntries(passes.map(({ k, value }) => [String(k), value])),
    passIntervals: passes,
    families,
    unjudged,
    meanTokens,
    truncated,
    seconds,
  };
}

function describe(report: EvaluationReport): readonly (readonly [string, string])[] {
  const { samples, families, unjudged, passIntervals } = report;
  const step = report.step === undefined ? '' : report.step === 0 ? ', before training' : `, step ${report.step}`;
  const sampling = report.temperature === 0 ? 'greedy' : `temperature ${formatNumber(report.temperature)}`;
  const share = ({ value, low, high }: Share): string => describeAccuracy({ accuracy: value, low, high });
  const accuracy = samples === 1 ? 'accuracy (pass@1)' : `avg@${samples} (pass@1)`;
  return [
    ['evaluated', `${report.subject}${step}`],
    [
      'problems',
      `${formatCount(report.problems)} of ${report.data}, held out, ${formatCount(samples)} each, ${sampling}`,
    ],
    ['right by', report.reward],
    [accuracy, `${describeAccuracy({ accuracy: report.accuracy, low: report.low, high: report.high })}, 95 % interval`],
    ...passIntervals.slice(1).map((pass) => [`pass@${pass.k}`, share(pass)] as const),
    ...(families.length < 2
      ? []
      : families.map((each) => [`on ${each.family}`, `${share(each)} of ${each.problems}`] as const)),
    ...(unjudged === 0 ? [] : [['not judged', `${formatCount(unjudged)} problems`] as const]),
    ['tokens', `${formatNumber(report.meanTokens)} on average, ${(100 * report.truncated).toFixed(1)} % cut off`],
  ];
}
