import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TargetLayer } from '../../core/contracts/parameter.ts';
import { startUpdateBias, updateBiasSpecs, withUpdateBias } from '../../core/lowrank/updateBias.ts';
import type { LowRankOptions } from '../../core/lowrank/lowRankPlan.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { tf } from '../../core/tensor/tf.ts';
import { lora } from '../../plugins/adapters/lora.ts';
import { expectClose } from '../closeness.ts';

const layer: TargetLayer = {
  name: 'model.layers.0.self_attn.q_proj',
  module: 'q_proj',
  kind: 'linear',
  shape: [3, 5],
  hasBias: true,
};
const options: LowRankOptions = {
  rank: 4,
  scaling: 2.5,
  dropout: 0,
  freezesA: false,
  hasUpdateBias: true,
  start: { init_lora_weights: true },
};

describe('the bias of an update', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('is scaled as the update is, and added to the layer’s own', () => {
    const tensors = {
      layer,
      options,
      weight: tf.zeros([3, 5]),
      bias: tf.tensor1d([1, 2, 3]),
      parameter: () => tf.tensor1d([2, -2, 4]),
      dropout: (x: tf.Tensor2D) => x,
    };
    expectClose(withUpdateBias(tensors).bias!.dataSync(), [6, -3, 13], 1e-6, 'with the layer’s own');
    expectClose(
      withUpdateBias({ ...tensors, options: { ...options, hasUpdateBias: false } }).bias!.dataSync(),
      [1, 2, 3],
      0,
      'without',
    );
  });

  it('starts at zero where the update does, else within 1 / sqrt r', () => {
    const [zero] = startUpdateBias(layer, options, randomStream(1));
    expect(zero).toMatchObject({ name: `${layer.name}.lora_B.bias`, role: 'bias', shape: [3], trainable: true });
    expect([...zero!.values].map(Math.abs)).toEqual([0, 0, 0]);
    const random = { ...options, start: { init_lora_weights: false } };
    const [drawn] = startUpdateBias(layer, random, randomStream(1));
    expect(Math.max(...drawn!.values.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(options.rank));
    expect(drawn!.values.every((value) => value !== 0)).toBe(true);
  });

  it('is only there where it is asked for and there is an update', () => {
    expect(updateBiasSpecs(layer, { ...options, hasUpdateBias: false })).toEqual([]);
    expect(updateBiasSpecs(layer, { ...options, rank: 0 })).toEqual([]);
  });

  it('is refused where a layer has no bias to fold it into, and with other starts', () => {
    const config = lora.config.parse({ r: 2, lora_bias: true, target_modules: ['q_proj'] });
    expect(lora.check?.(config, [layer])).toEqual([]);
    expect(lora.check?.(config, [{ ...layer, hasBias: false }])).toEqual([
      expect.objectContaining({ severity: 'error', path: 'lora_bias' }) as unknown,
    ]);
    expect(lora.config.safeParse({ lora_bias: true, init_lora_weights: 'pissa' }).success).toBe(false);
  });
});
