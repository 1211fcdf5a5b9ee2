import type { DataFinding, Problem, ProblemSource, Split } from '../core/contracts/dataset.ts';
import type { DataReader } from '../core/data/dataReader.ts';
import { RlvrError } from '../core/errors.ts';
import type { PluginChoice } from '../core/experiment/pluginChoices.ts';
import type { Experiment } from '../core/experiment/schema.ts';
import type { Tokenizer } from '../core/model/tokenizer.ts';
import { formatCount } from '../core/report/formatValue.ts';
import type { Prompt } from '../core/training/prompts.ts';

/** A place of an experiment that names data. */
export interface Place {
  readonly title: string;
  readonly choice: PluginChoice;
  readonly split: Split;
}

/** Data that are read for the command line. */
export interface Reading {
  readonly reader: DataReader;
  readonly tokenizer: Tokenizer;
  readonly promptOf: (problem: Problem) => Prompt;
  readonly places: readonly Place[];
}

/** Where an experiment names data; of a data set by itself its three splits. */
export function placesOf({ data, evaluation }: Experiment, isAlone: boolean): readonly Place[] {
  if (isAlone) {
    return (['train', 'selection', 'report'] as const).map((split) => ({ title: split, choice: data.train, split }));
  }
  const { split, benchmarks } = evaluation;
  return [
    { title: 'data.train', choice: data.train, split: 'train' },
    { title: data.evaluate === undefined ? 'evaluated' : 'data.evaluate', choice: data.evaluate ?? data.train, split },
    ...data.watch.map((choice, index) => ({ title: `data.watch.${index}`, choice, split })),
    ...benchmarks.map((own, index) => ({
      title: own.name ?? `evaluation.benchmarks.${index}`,
      choice: own.data,
      split,
    })),
  ];
}

/** A prompt, and its length in tokens also where that is too long. */
export interface AskedProblem {
  readonly problem: Problem;
  readonly text?: string;
  readonly tokens: number;
  readonly isTooLong: boolean;
}

/** Makes the prompt of a problem. */
export function ask({ promptOf }: Reading, problem: Problem): AskedProblem {
  try {
    const { text, ids } = promptOf(problem);
    return { problem, text, tokens: ids.length, isTooLong: false };
  } catch (error) {
    if (!(error instanceof RlvrError) || error.code !== 'training/prompt-too-long') throw error;
    return { problem, tokens: Number(error.fields['tokens']), isTooLong: true };
  }
}

/** The source, or why there is none. */
export async function openPlace({ reader }: Reading, { choice, split }: Place): Promise<ProblemSource | string> {
  try {
    return await reader.open(choice, split);
  } catch (error) {
    if (error instanceof RlvrError && error.code === 'dataset/empty') return error.message;
    throw error;
  }
}

/** What was found in data, as a fact for a table. */
export function findingFact({ what, count, first }: DataFinding): readonly [string, string] {
  return ['found', `${formatCount(count)} ${what}: ${first.join(', ')}${count > first.length ? ', ...' : ''}`];
}
