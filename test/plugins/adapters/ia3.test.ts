import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../core/tensor/random.ts';
import { ia3 } from '../../../plugins/adapters/ia3.ts';
import { expectClose } from '../../closeness.ts';
import { attach, expectWeight, inputsFor, linearLayer, readOf, useEagerTensors } from './attachedLayer.ts';
import { tf } from '../../../core/tensor/tf.ts';

useEagerTensors();

describe('what the layer computes', () => {
  it('W and the bias times l by row', () => {
    const attached = attach(ia3, {});
    const scales = attached.value('ia3_l');
    expectWeight(attached, (o, i) => attached.weight[o]![i]! * scales[o]![0]!);
    const bias = scales.map(([l], o) => l! * attached.bias[o]!);
    expectClose(attached.merged.bias?.dataSync<'float32'>(), bias, 1e-6, 'bias');
  });

  it('W alone by column where the input is scaled', () => {
    const attached = attach(ia3, { feedforward_modules: ['q_proj'], target_modules: ['q_proj'] });
    expectWeight(attached, (o, i) => attached.weight[o]![i]! * attached.value('ia3_l')[0]![i]!);
    expectClose(attached.merged.bias?.dataSync<'float32'>(), attached.bias, 0, 'bias');
  });

  it.each([{}, { feedforward_modules: '.*q_proj' }])('the same in forward as merged: %o', (options) => {
    const attached = attach(ia3, options);
    const x = inputsFor(attached);
    const expected = tf.add(tf.matMul(x, attached.merged.weight as tf.Tensor2D, false, true), attached.merged.bias!);
    expectClose(attached.forward(x).dataSync(), expected.dataSync<'float32'>(), 1e-5, 'output');
  });

  it('is no low-rank update, and starts at the base unless init_ia3_weights is false', () => {
    expect(attach(ia3, {}).loraForm).toBeUndefined();
    expect(attach(ia3, {}, { noise: 0 }).value('ia3_l').flat()).toEqual([1, 1, 1]);
    expect(ia3.isIdentityAtStart(ia3.config.parse({ init_ia3_weights: false }))).toBe(false);
  });
});

describe('feed-forward layers', () => {
  const layers = ['mlp.down_proj', 'mlp.up_proj', 'attention.q_proj'].map((name) => linearLayer(2, 3, name));
  const scaledInputs = (options: object): string[] => {
    const { layers: planned } = ia3.plan(
      ia3.config.parse({ target_modules: 'all-linear', ...options }),
      layers,
      randomStream(1),
    );
    return [...planned].flatMap(([name, own]) => ('scalesInput' in own && own.scalesInput ? [name] : []));
  };

  it.each([
    [{}, ['mlp.down_proj']],
    [{ feedforward_modules: [] }, []],
    [{ feedforward_modules: ['up_proj', 'down_proj'] }, ['mlp.down_proj', 'mlp.up_proj']],
    [{ feedforward_modules: 'mlp\\..*' }, ['mlp.down_proj', 'mlp.up_proj']],
  ])('%o', (options, expected) => {
    expect(scaledInputs(options)).toEqual(expected);
  });

  it('must be among the target modules', () => {
    const config = ia3.config.parse({ target_modules: ['q_proj'], feedforward_modules: ['up_proj'] });
    const [found] = ia3.check?.(config, layers.slice(2)) ?? [];
    expect(found).toMatchObject({ severity: 'error', path: 'feedforward_modules' });
    expect(ia3.check?.(ia3.config.parse({ target_modules: ['q_proj'] }), layers.slice(2))).toEqual([]);
  });

  it('are written as PEFT takes them: those that are adapted', () => {
    const written = (options: object, layer = layers[2]!): unknown => {
      const config = ia3.config.parse(options);
      return ia3.toPeft(config, attach(ia3, config, { layer }).parameters, 'base')?.config['feedforward_modules'];
    };
    expect(written({})).toEqual(['down_proj']);
    expect(written({ target_modules: ['q_proj'] })).toEqual([]);
    expect(written({ target_modules: 'all-linear' }, layers[0])).toEqual(['mlp.down_proj']);
    expect(written({ target_modules: ['q_proj'], feedforward_modules: 'mlp.*' })).toBe('mlp.*');
  });

  it('mean the same when they are read again', () => {
    const config = ia3.config.parse({ target_modules: 'all-linear' });
    const peft = ia3.toPeft(config, attach(ia3, config, { layer: layers[0]! }).parameters, 'base')!;
    const read = readOf(ia3, peft);
    const planned = ia3.plan(read.config, [layers[0]!], randomStream(1)).layers.get('mlp.down_proj');
    expect(planned).toMatchObject({ scalesInput: true });
  });
});
