import { describe, expect, it } from 'vitest';
import { tf } from '../../../core/tensor/tf.ts';
import { miss } from '../../../plugins/adapters/miss.ts';
import { expectClose } from '../../closeness.ts';
import {
  attach,
  expectLoraForm,
  expectWeight,
  inputsFor,
  linearLayer,
  readOf,
  useEagerTensors,
  withFields,
} from './attachedLayer.ts';

useEagerTensors();

function problems(options: object, ...layers: (readonly [number, number])[]): string[] {
  const targets = layers.map(([out, inputs], i) => linearLayer(out, inputs, `${i}.q_proj`));
  const found = miss.check?.(miss.config.parse({ target_modules: ['q_proj'], ...options }), targets) ?? [];
  return found.map(({ severity, path, message }) => `${severity} ${path}: ${message}`);
}

describe('what the layer computes', () => {
  it.each([2, 3, 5])('W[o, j] + M[j mod r, o] for r %i, whether r divides the inputs or not', (r) => {
    const attached = attach(miss, { r }, { layer: linearLayer(3, 6) });
    const block = attached.value('miss_block');
    expectWeight(attached, (o, j) => attached.weight[o]![j]! + block[j % r]![o]!);
    expectLoraForm(attached);
  });

  it('mini: rows o and o + mini_r share their values', () => {
    const attached = attach(miss, { r: 4, init_weights: 'mini', mini_r: 3 }, { layer: linearLayer(6, 5) });
    const block = attached.value('miss_block');
    expect(attached.parameters.map(({ shape }) => shape)).toEqual([[4, 3]]);
    expectWeight(attached, (o, j) => attached.weight[o]![j]! + block[j % 4]![o % 3]!);
    expectLoraForm(attached);
  });

  it('bat: W_ij + W_ij M_i + M_i for blocks, which is no low-rank update', () => {
    const attached = attach(miss, { r: 2, init_weights: 'bat' }, { layer: linearLayer(4, 6) });
    const [block] = attached.parameters;
    const m = (row: number, a: number, b: number): number => block!.values[(row * 2 + a) * 2 + b]!;
    const w = attached.weight;
    expectWeight(attached, (o, j) => {
      const [row, a, first, b] = [Math.floor(o / 2), o % 2, j - (j % 2), j % 2];
      return w[o]![j]! + w[o]![first]! * m(row, 0, b) + w[o]![first + 1]! * m(row, 1, b) + m(row, a, b);
    });
    expect(attached.loraForm).toBeUndefined();
  });

  it.each([{ r: 4 }, { r: 5 }, { r: 4, init_weights: 'mini', mini_r: 2 }, { r: 2, init_weights: 'bat' }])(
    'its forward is a product with the merged weight: %o',
    (options) => {
      const attached = attach(miss, options, { layer: linearLayer(4, 8) });
      const x = inputsFor(attached);
      const { weight, bias } = attached.merged;
      const expected = tf.add(tf.matMul(x, weight as tf.Tensor2D, false, true), bias!);
      expectClose(attached.forward(x).dataSync(), expected.dataSync<'float32'>(), 1e-5, 'output');
    },
  );

  it('drops inputs of the update alone', () => {
    const attached = attach(miss, { r: 3, miss_dropout: 0.5 }, { layer: linearLayer(4, 7) });
    const x = inputsFor(attached);
    const rates: number[] = [];
    const y = attached.forward(x, (given, rate) => {
      rates.push(rate);
      return tf.zerosLike(given);
    });
    const base = tf.add(tf.matMul(x, tf.tensor2d(attached.weight as number[][]), false, true), attached.bias);
    expectClose(y.dataSync(), base.dataSync<'float32'>(), 1e-5, 'output without the update');
    expect(rates).toEqual([0.5]);
  });

  it('starts at the base, unless init_weights is false', () => {
    expect(attach(miss, { r: 2 }, { noise: 0 }).start.every(({ values }) => values.every((v) => v === 0))).toBe(true);
    const config = miss.config.parse({ r: 2, init_weights: false });
    expect(miss.isIdentityAtStart(config)).toBe(false);
    expect(attach(miss, config, { noise: 0 }).start[0]!.values.some((v) => v !== 0)).toBe(true);
  });
});

describe('sizes', () => {
  it.each([
    [{ r: 9 }, [4, 8], /^error r: r 9 is larger than the 8 inputs of 0\.q_proj \[4, 8\]$/],
    [{ r: 3, init_weights: 'bat' }, [6, 8], /^error r: .*blocks of r x r; r 3 does not divide both sizes of 0\.q_proj/],
    [{ r: 2, init_weights: 'mini', mini_r: 4 }, [6, 8], /^error mini_r: mini_r 4 does not divide the 6 outputs/],
    [{ r: 2, mini_r: 2 }, [6, 8], /^warning mini_r/],
    [{ r: 2, init_weights: 'bat', miss_dropout: 0.1 }, [6, 8], /^warning miss_dropout/],
  ] as const)('%o is told about', (options, shape, expected) => {
    const found = problems(options, shape);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it('that fit are not', () => {
    expect(problems({ r: 2, init_weights: 'bat' }, [4, 8], [2, 6])).toEqual([]);
    expect(problems({ r: 8 }, [4, 8])).toEqual([]);
  });
});

describe('files of PEFT', () => {
  const config = miss.config.parse({ r: 2, target_modules: ['q_proj'] });
  const { parameters } = attach(miss, config);
  const written = miss.toPeft(config, parameters, 'base');

  it('hold what was written', () => {
    const read = readOf(miss, written!);
    expect(read.config).toMatchObject(config);
    expect(read.parameters.get('block.q_proj.miss_block')?.values).toEqual(parameters[0]!.values);
  });

  it.each([
    [{ peft_type: 'LORA' }, 'its peft_type is "LORA"'],
    [{ some_new_option: 3 }, 'it sets "some_new_option" to 3, which this method does not have'],
    [{ r: 'many' }, 'adapter_config.json does not fit'],
  ])('with %o are refused', (fields, reason) => {
    expect(miss.fromPeft(withFields(written, fields))).toEqual({ refused: expect.stringContaining(reason) as unknown });
  });

  it('with a tensor of another method are refused', () => {
    const tensors = new Map([...written!.tensors, ['base_model.model.block.q_proj.lora_A.weight', parameters[0]!]]);
    expect(miss.fromPeft({ ...written!, tensors })).toEqual({ refused: expect.stringContaining('lora_A') as unknown });
  });

  it('may lack what is not set', () => {
    const unset = { layers_to_transform: null, exclude_modules: null, new_but_off: false }; // eslint-disable-line no-restricted-syntax
    expect(readOf(miss, withFields(written, unset)).config).toMatchObject(config);
  });
});
