import type { PluginDescription } from './plugin.ts';

/** Train is learned from; selection chooses settings; report is read for the numbers that are told. They never overlap. */
export type Split = 'train' | 'selection' | 'report';

/** A question with its checkable answer. */
export interface Problem {
  /** Stable within the data set. */
  readonly id: string;
  /** What the user asks; the experiment's template makes the prompt of it. */
  readonly question: string;
  /** The answer against which rewards compare. */
  readonly reference: string;
  /** Which kind of task this is, for accuracy by family. */
  readonly family: string;
  /** A worked completion for supervised fine-tuning, where the data set has one. */
  readonly demonstration?: string;
  /** How the data set words the question to a model, where that is more than the question: `{question}` of the experiment's template. */
  readonly prompt?: string;
  /** Messages that come before the question: a system message, earlier turns. */
  readonly context?: readonly ContextMessage[];
  /** How hard the data set says it is; larger is harder. */
  readonly difficulty?: number;
}

/** One message of a conversation. */
export interface ContextMessage {
  readonly role: string;
  readonly content: string;
}

/** Something about a data set's rows that its user should know: rows that were left out, repeated questions. */
export interface DataFinding {
  /** What was found, as a sentence without its number: `rows without the column "answer", left out`. */
  readonly what: string;
  readonly count: number;
  /** Where the first of them are. */
  readonly first: readonly string[];
}

/** An opened data set: problems by index. */
export interface ProblemSource {
  /** Number of distinct indices; undefined where a generator never ends. */
  readonly size: number | undefined;
  /** Identifies the content (file hash, or generator and its configuration), recorded in the run. */
  readonly hash: string;
  /** Where the content comes from, when its hash alone does not tell: a data set of the hub with its commit. */
  readonly origin?: string;
  /** What was found while it was read; nothing where left out. */
  readonly findings?: readonly DataFinding[];
  /** The problem at an index; the same index always gives the same problem. */
  problem(index: number): Problem;
}

/** What a data set is opened with. */
export interface OpenDataset {
  readonly split: Split;
  readonly seed: number;
  /** Folder against which relative paths are resolved. */
  readonly baseFolder: string;
  /** Stops what takes long, such as a download; what has arrived is kept. */
  readonly signal?: AbortSignal | undefined;
  /** Told while files are fetched: bytes of all files so far. */
  readonly onDidDownload?: ((done: number, total: number) => void) | undefined;
}

/** How a data set is usually evaluated. Names are those of an experiment's `evaluation`. */
export interface EvaluationSettings {
  /** Completions for each problem: k of avg@k and pass@k. */
  readonly samples: number;
  readonly temperature: number;
  readonly top_p: number;
  readonly max_completion_tokens: number;
}

/** Where problems come from: a generator, a file, or a hub. */
export interface Dataset<Config = unknown> extends PluginDescription<Config> {
  /** How it is usually evaluated: what an experiment's `evaluation` does with it unless it says otherwise. */
  readonly evaluation?: EvaluationSettings;
  /**
   * Throws `dataset/empty` when the split holds nothing, `dataset/invalid` for unreadable or malformed data and `dataset/unavailable` for
   * what cannot be fetched.
   */
  open(config: Config, options: OpenDataset): Promise<ProblemSource>;
}

/** Container token of the contract of the same name; every plugin of the kind is bound to it. */
export const Dataset = Symbol.for('rlvr-lab.Dataset');
