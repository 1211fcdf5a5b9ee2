import { describe, expect, it } from 'vitest';
import type { PeftAdapter } from '../../../core/contracts/adapter.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { vera } from '../../../plugins/adapters/vera.ts';
import { expectClose } from '../../closeness.ts';
import {
  attach,
  expectLoraForm,
  expectWeight,
  inputsFor,
  linearLayer,
  readOf,
  useEagerTensors,
} from './attachedLayer.ts';

useEagerTensors();

describe('what the layer computes', () => {
  it('W + diag(b) B[:out] diag(d) A[:, :in]', () => {
    const attached = attach(vera, { r: 2 });
    const [a, b] = [attached.value('vera_A'), attached.value('vera_B')];
    const [d, scale] = [attached.value('vera_lambda_d'), attached.value('vera_lambda_b')];
    const sum = (o: number, i: number): number => d.reduce((total, [dk], k) => total + b[o]![k]! * dk! * a[k]![i]!, 0);
    expectWeight(attached, (o, i) => attached.weight[o]![i]! + scale[o]![0]! * sum(o, i));
    expectLoraForm(attached);
  });

  it('reads the same projections for layers of other sizes: the largest of each side', () => {
    const layers = [linearLayer(3, 7, 'a.q_proj'), linearLayer(5, 2, 'b.q_proj')];
    const { shared } = vera.plan(vera.config.parse({ r: 4 }), layers, randomStream(1));
    expect(shared.map(({ name, shape, trainable }) => [name, shape, trainable])).toEqual([
      ['vera_A', [4, 7], false],
      ['vera_B', [5, 4], false],
    ]);
    const again = vera.plan(vera.config.parse({ r: 4 }), layers, randomStream(2)).shared;
    expect(again).toEqual(shared);
    const other = vera.plan(vera.config.parse({ r: 4, projection_prng_key: 1 }), layers, randomStream(1)).shared;
    expect(other[0]!.values).not.toEqual(shared[0]!.values);
  });

  it('drops inputs of the update alone', () => {
    const attached = attach(vera, { r: 2, vera_dropout: 0.5 });
    const x = inputsFor(attached);
    const y = attached.forward(x, (given) => tf.mul(given, 2));
    const twice = tf.sub(attached.merged.weight, tf.tensor2d(attached.weight as number[][]));
    const sum = tf.add<tf.Tensor2D>(attached.merged.weight, twice);
    const expected = tf.add(tf.matMul(x, sum, false, true), attached.bias);
    expectClose(y.dataSync(), expected.dataSync<'float32'>(), 1e-5, 'output');
  });

  it('starts at the base with d_initial; without init_weights it does not', () => {
    const attached = attach(vera, { r: 2, d_initial: 0.25 }, { noise: 0 });
    expect(attached.value('vera_lambda_d').flat()).toEqual([0.25, 0.25]);
    expectWeight(attached, (o, i) => attached.weight[o]![i]!);
    const config = vera.config.parse({ r: 2, init_weights: false });
    expect(vera.isIdentityAtStart(config)).toBe(false);
    expect(attach(vera, config, { noise: 0 }).value('vera_lambda_b').flat()).toEqual([1, 1, 1]);
  });
});

describe('files of PEFT', () => {
  const config = vera.config.parse({ r: 2, projection_prng_key: 3, target_modules: ['q_proj'] });
  const { parameters } = attach(vera, config);
  const saved = (options: object): PeftAdapter => vera.toPeft({ ...config, ...options }, parameters, 'base')!;
  const without = ({ config: fields, tensors }: PeftAdapter, ...names: string[]): PeftAdapter => ({
    config: fields,
    tensors: new Map([...tensors].filter(([name]) => !names.includes(name))),
  });

  it('hold the projections once, under names without a layer', () => {
    const written = saved({});
    expect([...written.tensors.keys()]).toEqual([
      'base_model.vera_A',
      'base_model.vera_B',
      'base_model.model.block.q_proj.vera_lambda_b',
      'base_model.model.block.q_proj.vera_lambda_d',
    ]);
    const read = readOf(vera, written);
    for (const { name, values } of parameters) expect(read.parameters.get(name)?.values).toEqual(values);
  });

  it('need no projections where save_projection is off: the key draws them again', () => {
    const read = readOf(vera, saved({ save_projection: false }));
    expect([...read.parameters.keys()]).toEqual(['block.q_proj.vera_lambda_b', 'block.q_proj.vera_lambda_d']);
    const drawn = vera.plan(read.config, [linearLayer(3, 5)], randomStream(77)).shared;
    expect(drawn.map(({ values }) => values)).toEqual(parameters.slice(0, 2).map(({ values }) => values));
  });

  it.each([
    [
      'says that they are stored',
      without(saved({}), 'base_model.vera_A', 'base_model.vera_B'),
      /vera_A and vera_B are missing/,
    ],
    ['one is missing', without(saved({}), 'base_model.vera_B'), /vera_B are missing|projections vera_B/],
    [
      'there is no key',
      (() => {
        const { projection_prng_key: _key, ...fields } = saved({ save_projection: false }).config;
        return { ...saved({ save_projection: false }), config: fields };
      })(),
      /no projection_prng_key/,
    ],
  ])('without projections are refused where the file %s', (_what, peft, reason) => {
    expect(vera.fromPeft(peft)).toEqual({ refused: expect.stringMatching(reason) as unknown });
  });

  it('name the layers in full where PEFT cannot say which are left out', () => {
    const excluded = { ...config, exclude_modules: ['k_proj'] };
    const { config: fields } = vera.toPeft(excluded, parameters, 'base')!;
    expect(fields['target_modules']).toEqual(['block.q_proj']);
    expect(fields).not.toHaveProperty('exclude_modules');
  });
});
