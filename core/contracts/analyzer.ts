import type { StoredTensor } from './adapter.ts';
import type { TargetLayer } from './parameter.ts';
import type { PluginDescription } from './plugin.ts';

/** A named line: y over x, drawable as it is. */
export interface Series {
  readonly kind: 'series';
  readonly title: string;
  readonly x: { readonly label: string; readonly values: readonly number[] };
  readonly y: { readonly label: string; readonly unit: string; readonly values: readonly number[] };
}

/** A named table of numbers, drawable as a heat map. */
export interface MatrixView {
  readonly kind: 'matrix';
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Row-major. */
  readonly values: readonly number[];
}

/** One layer as an analyzer sees it. */
export interface AnalyzedLayer {
  readonly layer: TargetLayer;
  /** The base weight. */
  readonly base: StoredTensor;
  /** The weight with the adapter folded in. */
  readonly merged: StoredTensor;
}

/** Reads a checkpoint, a run or live weights and yields series and matrices with units. */
export interface Analyzer<Config = unknown> extends PluginDescription<Config> {
  analyze(config: Config, layers: AsyncIterable<AnalyzedLayer>): AsyncIterable<Series | MatrixView>;
}

/** Container token of the contract of the same name; every plugin of the kind is bound to it. */
export const Analyzer = Symbol.for('rlvr-lab.Analyzer');
