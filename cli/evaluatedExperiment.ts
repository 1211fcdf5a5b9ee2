import { existsSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../core/errors.ts';
import { parseExperiment } from '../core/experiment/parse.ts';
import { readYaml } from '../core/experiment/readYaml.ts';
import { resolveExperiment } from '../core/experiment/resolve.ts';
import type { Experiment } from '../core/experiment/schema.ts';
import { readModelConfig } from '../core/model/modelConfig.ts';
import { chooseExperiments, loadExperimentFile } from './loadExperiment.ts';
import type { Subject } from './subject.ts';

/** How `rlvr eval` differs from what a run or the schema says. */
export interface EvaluationChoices {
  /** A data set's id, a `.jsonl` or `.parquet` file, an experiment file, or a data set with its options as YAML in braces. */
  readonly data?: string;
  /** A reward's id, or one with its options as YAML in braces. */
  readonly reward?: string;
  readonly problems?: number;
  readonly samples?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
}

/** An experiment of which only the evaluation is carried out. */
export interface EvaluatedExperiment {
  readonly experiment: Experiment;
  /** What relative paths in its data start from. */
  readonly dataFolder: string;
}

type Section = Readonly<Record<string, unknown>>;

interface ChosenData {
  readonly data: Section;
  readonly rewards?: readonly unknown[];
  readonly folder: string;
}

/** Settings for a model that brings none: what a run would have by default, as far as its context allows. */
const longestCompletion = 256;

/**
 * The experiment whose evaluation is wanted: a run's own, or one made for a model, with the choices put in. Throws `usage` where a model
 * is given without data, and what parsing throws.
 */
export function evaluatedExperiment(
  subject: Subject,
  choices: EvaluationChoices,
  cwd: string,
  catalog: PluginCatalog,
): EvaluatedExperiment {
  const own = subject.kind === 'run' ? runSettings(subject.record) : modelSettings(subject.modelFolder, catalog);
  const chosen = choices.data === undefined ? own.data : chooseData(choices.data, own.data?.data, cwd, catalog);
  if (chosen === undefined) {
    const ids = catalog.all('dataset').map(({ id }) => id);
    const takes = `a data set (${ids.join(', ')}), a .jsonl or .parquet file, or an experiment file`;
    const message = `A model brings no problems: choose some with --data, which takes ${takes}.`;
    throw new RlvrError('usage', message, { choices: ids });
  }
  const rewards =
    choices.reward === undefined ? (chosen.rewards ?? own.rewards) : [pluginChoice(choices.reward, '--reward')];
  const { problems, samples, temperature, topP, seed, maxTokens } = choices;
  const experiment = {
    ...own.experiment,
    data: chosen.data,
    rewards: rewards ?? [{ type: rewardFor(chosen.data, catalog) }],
    evaluation: {
      ...(own.experiment['evaluation'] as Section),
      ...given({ problems, samples, temperature, top_p: topP, seed }),
    },
    rollout: { ...(own.experiment['rollout'] as Section), ...given({ max_completion_tokens: maxTokens }) },
  };
  return { experiment: resolveWhole(experiment, catalog), dataFolder: chosen.folder };
}

function resolveWhole(experiment: Section, catalog: PluginCatalog): Experiment {
  try {
    return resolveExperiment(parseExperiment(JSON.stringify(experiment), ''), catalog).experiment;
  } catch (error) {
    // It stands in no file, so there are no lines to name.
    const { issues } = error instanceof RlvrError ? error.fields : {};
    if (!(error instanceof RlvrError) || !Array.isArray(issues)) throw error;
    const told = (issues as { path: string; message: string }[]).map(({ path: key, message }) => `${key}: ${message}`);
    throw new RlvrError(error.code, told.join('\n'), error.fields, { cause: error });
  }
}

interface OwnSettings {
  readonly experiment: Section;
  readonly data: ChosenData | undefined;
  readonly rewards?: readonly unknown[];
}

function runSettings({ experiment, source }: Extract<Subject, { kind: 'run' }>['record']): {
  experiment: Section;
  data: ChosenData;
  rewards: readonly unknown[];
} {
  return { experiment, data: { data: experiment.data, folder: source.folder }, rewards: experiment.rewards };
}

/** A model's own limits on prompts and completions. */
export function rolloutFor(modelFolder: string): Readonly<Record<string, number>> {
  const { maxPositionEmbeddings: context } = readModelConfig(modelFolder);
  const completion = Math.min(longestCompletion, Math.floor(context / 2));
  return { max_completion_tokens: completion, max_prompt_tokens: context };
}

function modelSettings(modelFolder: string, catalog: PluginCatalog): OwnSettings {
  return {
    experiment: {
      name: 'evaluation',
      model: { path: modelFolder },
      adapter: { type: catalog.all('adapter')[0]?.id },
      rollout: rolloutFor(modelFolder),
    },
    data: undefined,
  };
}

function chooseData(choice: string, own: Section | undefined, cwd: string, catalog: PluginCatalog): ChosenData {
  const file = path.resolve(cwd, choice);
  const asked = (data: unknown): ChosenData => ({
    data: { ...prompting(own), train: data, evaluate: data },
    folder: cwd,
  });
  if (isInline(choice)) return asked(pluginChoice(choice, '--data'));
  if (/\.ya?ml$/i.test(choice)) {
    const { content, source } = loadExperimentFile(cwd, choice, [], catalog);
    const [first, ...others] = chooseExperiments(content, choice, undefined).map(({ resolved }) => ({
      data: resolved.experiment.data,
      rewards: resolved.experiment.rewards,
    }));
    if (first === undefined || others.some((other) => !isDeepStrictEqual(other, first))) {
      throw new RlvrError('usage', `${choice} is a sweep whose cells differ in data or rewards: name the data itself.`);
    }
    const { data, rewards } = first;
    return { data, rewards, folder: source.folder };
  }
  if (/\.parquet$/i.test(choice)) return asked({ type: 'parquet', path: file });
  if (/\.jsonl$/i.test(choice) || existsSync(file)) return asked({ type: 'jsonl', path: file });
  return asked({ type: catalog.find('dataset', choice).id });
}

/** A plugin by its id, or with its options as YAML in braces. */
function pluginChoice(written: string, option: string): unknown {
  return isInline(written) ? readYaml(written, option).data : { type: written };
}

function isInline(written: string): boolean {
  return written.trimStart().startsWith('{');
}

/** How problems become prompts, without the problems. */
function prompting(data: Section | undefined): Section {
  const { template, system, chat } = data ?? {};
  return given({ template, system, chat });
}

/** The reward of the same name as the data, where there is one: it judges what that data asks for. */
function rewardFor(data: Section, catalog: PluginCatalog): string | undefined {
  const { type } = (data['evaluate'] ?? data['train'] ?? {}) as { type?: unknown };
  const rewards = catalog.all('reward');
  return (rewards.find(({ id }) => id === type) ?? rewards[0])?.id;
}

function given(values: Section): Section {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
