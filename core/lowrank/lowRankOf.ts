import type { LayerTensors } from '../contracts/adapter.ts';
import type { LowRank } from '../tensor/ops/lowRankLinear.ts';
import type { tf } from '../tensor/tf.ts';

/** The parts of W + s B A in a linear layer whose parameters are `lora_A` and `lora_B`. */
export function lowRankOf({ weight, options, parameter }: LayerTensors<{ readonly scaling: number }>): LowRank {
  return {
    weight: weight as tf.Tensor2D,
    a: parameter('lora_A') as tf.Tensor2D,
    b: parameter('lora_B') as tf.Tensor2D,
    scaling: options.scaling,
  };
}
