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
}

/** An opened data set: problems by index. */
export interface ProblemSource {
  /** Number of distinct indices; undefined where a generator never ends. */
  readonly size: number | undefined;
  /** Identifies the content (file hash, or generator and its configuration), recorded in the run. */
  readonly hash: string;
  /** The problem at an index; the same index always gives the same problem. */
  problem(index: number): Problem;
}

/** What a data set is opened with. */
export interface OpenDataset {
  readonly split: Split;
  readonly seed: number;
  /** Folder against which relative paths are resolved. */
  readonly baseFolder: string;
}

/** Where problems come from: a generator, a file, or a hub. */
export interface Dataset<Config = unknown> extends PluginDescription<Config> {
  /** Throws `dataset/empty` when the split holds nothing and `dataset/invalid` for unreadable or malformed data. */
  open(config: Config, options: OpenDataset): Promise<ProblemSource>;
}

/** Container token of the contract of the same name; every plugin of the kind is bound to it. */
export const Dataset = Symbol.for('rlvr-lab.Dataset');
