import type { TargetLayer, ParameterRole } from './parameter.ts';
import type { PluginDescription } from './plugin.ts';

/** A dense matrix in float64, row-major: what `core/linalg` computes with. */
export interface RealMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** One line of a series. Shorter ones end early: the leading values alone are known. */
export interface Line {
  readonly label: string;
  readonly values: readonly number[];
}

/** Named lines over one x, drawable as they are. */
export interface Series {
  readonly title: string;
  readonly x: { readonly label: string; readonly values: readonly number[] };
  readonly y: { readonly label: string; readonly unit: string; readonly scale: 'linear' | 'logarithmic' };
  readonly lines: readonly Line[];
}

/** A named table of numbers, drawable as a heat map. */
export interface MatrixView {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Row-major. */
  readonly values: readonly number[];
}

/** One number that an analyzer gives for each layer. */
export interface Measure {
  /** What it is, in a few words: a column's head. */
  readonly title: string;
  /** `1` for a plain number, `share` for a fraction of a whole, `rad`, `directions`, ... */
  readonly unit: string;
  /** What it says, in a sentence, with its formula or paper. */
  readonly explanation: string;
}

/** One row of numbers that an analyzer gives for each layer; the rows of all layers are one matrix. */
export interface MatrixMeasure extends Measure {
  readonly columns: readonly string[];
}

/** What an analyzer found in one layer. Anything may be left out where a layer has none; every number is finite. */
export interface LayerFindings {
  /** By the names of `measures`. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** By the names of `matrices`, one value for each column. */
  readonly rows?: Readonly<Record<string, readonly number[]>>;
  readonly series?: readonly Series[];
}

/** M = U diag(s) Vᵀ of one matrix [out, in]. Vectors are computed when they are asked for. */
export interface Decomposition {
  /** Singular values, largest first: all that can differ from 0 where `isComplete`, else the leading ones. */
  readonly values: Float64Array;
  readonly isComplete: boolean;
  /** Leading left vectors [out, count]. */
  left(count: number): Promise<RealMatrix>;
  /** Leading right vectors [in, count]. */
  right(count: number): Promise<RealMatrix>;
  /** Uᵀ X for columns X [out, n]: how much of each lies along every left vector. [values, n]. */
  alongLeft(columns: RealMatrix): Promise<RealMatrix>;
  /** Vᵀ X for columns X [in, n]. [values, n]. */
  alongRight(columns: RealMatrix): Promise<RealMatrix>;
}

/** Where vectors lie in W's basis: along W's own singular vectors, and outside of what these span. */
export interface Overlap {
  /** Component of each vector along every singular vector of W. [values of W, vectors]. */
  readonly along: RealMatrix;
  /** What is left, in some orthonormal basis. [any, vectors]; no rows where W's vectors span the space. */
  readonly outside: RealMatrix;
}

/** A tensor that a method keeps in a layer, for norms and the like. */
export interface LayerParameter {
  /** The part of its name after the layer's: `lora_A`. */
  readonly name: string;
  readonly role: ParameterRole;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * One layer whose weight is a matrix, before and after training: W, dW and W + dW. Nothing is computed before it is asked for, and
 * everything once, so that analyzers share it. It is there until the analyzers of this layer are done: models are never in memory whole.
 */
export interface AnalyzedLayer {
  readonly layer: TargetLayer;
  /** How many leading directions "top-k" means, at most the smaller of the layer's sizes. */
  readonly top: number;
  /** The method's tensors of this layer; none where two whole models are compared. */
  readonly parameters: readonly LayerParameter[];
  /** Rank that the update is limited to by its form; undefined where it may be of full rank. */
  readonly rankLimit: number | undefined;
  /** W [out, in]. */
  base(): Promise<RealMatrix>;
  /** dW [out, in]. Where the decomposition is enough, prefer it: a low-rank update is never formed for it. */
  update(): Promise<RealMatrix>;
  /** All of W: always complete. */
  baseDecomposition(): Promise<Decomposition>;
  /** All of dW, values that are 0 left out at the end: complete. */
  updateDecomposition(): Promise<Decomposition>;
  /** The leading `top` values of W + dW at least; complete where the whole spectrum was asked for. */
  mergedDecomposition(): Promise<Decomposition>;
  /** Components of dW's singular vectors along W's. [values of W, values of dW]. */
  updateAlong(side: 'left' | 'right'): Promise<RealMatrix>;
  /** Where the `top` leading singular vectors of W + dW lie in W's basis. */
  mergedOverlap(side: 'left' | 'right'): Promise<Overlap>;
}

/** Answers one question about what training did to each layer's weight, with units: see `rlvr spectra`. */
export interface Analyzer<Config = unknown> extends PluginDescription<Config> {
  /** The numbers that it gives, by name. */
  readonly measures: Readonly<Record<string, Measure>>;
  /** The rows of numbers that it gives, by name. */
  readonly matrices?: Readonly<Record<string, MatrixMeasure>>;
  /** Looks at one layer; writes to nothing that it is given. */
  analyze(config: Config, layer: AnalyzedLayer): Promise<LayerFindings>;
}

/** Container token of the contract of the same name; every plugin of the kind is bound to it. */
export const Analyzer = Symbol.for('rlvr-lab.Analyzer');
