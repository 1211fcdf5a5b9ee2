import type { DecoderLayers } from '../../../core/model/decoder.ts';
import type { DecoderConfig } from '../../../core/model/modelConfig.ts';
import { rmsNorm } from '../../../core/tensor/ops/rmsNorm.ts';
import { rotary } from '../../../core/tensor/ops/rotary.ts';
import type { RotaryTable } from '../../../core/tensor/ops/rotary.ts';
import { swiGlu } from '../../../core/tensor/ops/swiGlu.ts';
import { tf } from '../../../core/tensor/tf.ts';

/**
 * What transformers adds to a score to hide it, the lowest number of float32: a sum with it is this number whatever the score, and yet the
 * score has a gradient.
 */
const LOWEST = -3.4028234663852886e38;

/** One row of a padded batch. */
export interface PaddedRow {
  /** [width] int32. */
  readonly ids: tf.Tensor1D;
  /** 0, 1, ... width - 1, int32. */
  readonly positions: tf.Tensor1D;
  /** [width, width]: 1 where a query may see a key. */
  readonly seen: tf.Tensor2D;
}

/**
 * Logits of a whole row, padding included, as transformers computes them: a query of the padding, which sees no key, weighs all keys of
 * its row alike. The product leaves padding out; PEFT's loss has one such place in it, which predicts the first token of a left-padded row.
 */
export function paddedLogits(
  config: DecoderConfig,
  layers: DecoderLayers,
  { ids, positions, seen }: PaddedRow,
  table: RotaryTable,
): tf.Tensor2D {
  const { heads, keyValueHeads, headDim, rmsNormEpsilon: epsilon } = config;
  const width = ids.size;
  const head = (x: tf.Tensor2D, index: number): tf.Tensor2D => tf.slice(x, [0, index * headDim], [width, headDim]);
  const turned = (name: string, module: string, x: tf.Tensor2D): tf.Tensor2D => {
    const projected = layers.linear(`${name}.${module}_proj`, x);
    if (!config.queryKeyNorm) return rotary(projected, positions, table);
    const perHead = tf.reshape(projected, [width, projected.size / (width * headDim), headDim]);
    const normed = rmsNorm(perHead, layers.norm(`${name}.${module}_norm`), epsilon);
    return rotary(tf.reshape(normed, [width, projected.size / width]), positions, table);
  };
  const hiddenScore = tf.mul(tf.sub(1, seen), LOWEST);
  const attend = (name: string, x: tf.Tensor2D): tf.Tensor2D => {
    const [queries, keys] = [turned(name, 'q', x), turned(name, 'k', x)];
    const values = layers.linear(`${name}.v_proj`, x);
    const outputs = Array.from({ length: heads }, (_, index) => {
      const source = Math.floor((index * keyValueHeads) / heads);
      const scores = tf.mul(tf.matMul(head(queries, index), head(keys, source), false, true), 1 / Math.sqrt(headDim));
      return tf.matMul<tf.Tensor2D>(tf.softmax(tf.add<tf.Tensor2D>(scores, hiddenScore)), head(values, source));
    });
    return tf.concat2d(outputs, 1);
  };
  let x = tf.gather(layers.embedding(), ids);
  for (let block = 0; block < config.layers; block++) {
    const name = `model.layers.${block}`;
    const attended = attend(`${name}.self_attn`, rmsNorm(x, layers.norm(`${name}.input_layernorm`), epsilon));
    x = tf.add(x, layers.linear(`${name}.self_attn.o_proj`, attended));
    const normed = rmsNorm(x, layers.norm(`${name}.post_attention_layernorm`), epsilon);
    const gated = swiGlu(layers.linear(`${name}.mlp.gate_proj`, normed), layers.linear(`${name}.mlp.up_proj`, normed));
    x = tf.add(x, layers.linear(`${name}.mlp.down_proj`, gated));
  }
  return layers.logits(rmsNorm(x, layers.norm('model.norm'), epsilon));
}
