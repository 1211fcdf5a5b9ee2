import type { LowRankUpdate } from '../contracts/adapter.ts';
import type { LayerParameter } from '../contracts/analyzer.ts';
import type { TargetLayer } from '../contracts/parameter.ts';

/** What training did to a weight: dW = scaling * B A, or the whole weight after it. */
export type WeightChange =
  | ({ readonly kind: 'low-rank' } & LowRankUpdate)
  | {
      readonly kind: 'whole';
      /** W + dW, row-major. */
      readonly merged: Float32Array;
      /** The bias after training, where the layer has one. */
      readonly mergedBias?: Float32Array;
    };

/** One layer's weight, before and after training. Shapes are those of `layer`. */
export interface LayerWeights {
  readonly layer: TargetLayer;
  /** W, row-major. */
  readonly base: Float32Array;
  /** The bias before training, where the layer has one. */
  readonly baseBias?: Float32Array;
  /** SHA-256 over the bytes that W was stored as; undefined where W's decomposition is not to be kept. */
  readonly baseHash: string | undefined;
  readonly change: WeightChange;
  readonly parameters: readonly LayerParameter[];
}

/** The layers of a model that training may have changed; each is read when its turn comes. */
export interface WeightSource {
  readonly layers: readonly TargetLayer[];
  read(layer: TargetLayer): Promise<LayerWeights>;
  /** Closes files. */
  close(): void;
}
