import type { Adapter } from './adapter.ts';
import type { Analyzer } from './analyzer.ts';
import type { Dataset } from './dataset.ts';
import type { Engine } from './engine.ts';
import type { Objective } from './objective.ts';
import type { Optimizer } from './optimizer.ts';
import type { Preset } from './preset.ts';
import type { Reward } from './reward.ts';

/** Every kind of plugin with its contract. */
export interface PluginKinds {
  readonly adapter: Adapter;
  readonly reward: Reward;
  readonly optimizer: Optimizer;
  readonly objective: Objective;
  readonly analyzer: Analyzer;
  readonly dataset: Dataset;
  readonly engine: Engine;
}

/** A kind of plugin, as `rlvr plugins` and error messages name it. */
export type PluginKind = keyof PluginKinds;

/** The plugins that are there, by kind. */
export interface PluginCatalog {
  /** Every plugin of a kind, in the order of registration. */
  all<Kind extends PluginKind>(kind: Kind): readonly PluginKinds[Kind][];
  /** The plugin with this id. Throws `config/unknown-plugin`, which suggests the nearest id and lists all. */
  find<Kind extends PluginKind>(kind: Kind, id: string): PluginKinds[Kind];
}

/** Makes an engine. It is given the plugins, since an engine runs experiments that name them and may not import them. */
export type EngineFactory = (catalog: PluginCatalog) => Engine;

/** What there is to choose from: the data list of `plugins/index.ts`. */
export interface PluginSet {
  readonly adapters: readonly Adapter[];
  /** Methods made of these adapters; each is an adapter in the catalog. */
  readonly presets: readonly Preset[];
  readonly rewards: readonly Reward[];
  readonly optimizers: readonly Optimizer[];
  readonly objectives: readonly Objective[];
  readonly analyzers: readonly Analyzer[];
  readonly datasets: readonly Dataset[];
  readonly engines: readonly EngineFactory[];
}

/** Container token of the interface of the same name. */
export const PluginCatalog = Symbol.for('rlvr-lab.PluginCatalog');
