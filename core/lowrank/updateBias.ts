import type { LayerTensors } from '../contracts/adapter.ts';
import type { InitialParameter, ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import type { RandomNumbers } from '../contracts/randomNumbers.ts';
import { tf } from '../tensor/tf.ts';
import type { LowRankOptions } from './lowRankPlan.ts';

/** The short name of a bias that belongs to B: the layer's own becomes b + s `lora_B.bias` (PEFT's `lora_bias`). */
const UPDATE_BIAS = 'lora_B.bias';

/** The bias of a layer's update, where it has one. */
export function updateBiasSpecs(
  layer: TargetLayer,
  { rank, scaling, hasUpdateBias }: LowRankOptions,
): readonly ParameterSpec[] {
  if (!hasUpdateBias || rank === 0) return [];
  const shape = layer.shape.slice(0, 1);
  return [{ name: `${layer.name}.${UPDATE_BIAS}`, role: 'bias', shape, trainable: true, layer, scaling }];
}

/** Zero with a start that is the identity, else as torch starts the bias of a linear layer with r inputs: uniform on +-1/sqrt r. */
export function startUpdateBias(
  layer: TargetLayer,
  options: LowRankOptions,
  random: RandomNumbers,
): readonly InitialParameter[] {
  const bound = options.start.init_lora_weights === false ? 1 / Math.sqrt(options.rank) : 0;
  return updateBiasSpecs(layer, options).map((spec) => {
    const values = random.uniforms(spec.shape[0] ?? 0).map((value) => (2 * value - 1) * bound);
    return { ...spec, values };
  });
}

/** A layer with the bias that it has together with its update's. */
export function withUpdateBias(layer: LayerTensors<LowRankOptions>): LayerTensors<LowRankOptions> {
  const { rank, scaling, hasUpdateBias } = layer.options;
  if (!hasUpdateBias || rank === 0) return layer;
  const own = tf.mul<tf.Tensor1D>(layer.parameter(UPDATE_BIAS), scaling);
  return { ...layer, bias: layer.bias === undefined ? own : tf.add(layer.bias, own) };
}
