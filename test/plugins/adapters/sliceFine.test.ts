import { describe, expect, it } from 'vitest';
import { sliceFine } from '../../../plugins/adapters/sliceFine/sliceFine.ts';
import { sgd } from '../../../plugins/optimizers/sgd.ts';
import { expectClose } from '../../closeness.ts';
import { tinyCheckpoint } from '../../model/tinyCheckpoint.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { attach, expectLoraForm, expectWeight, inputsFor, linearLayer, useEagerTensors } from './attachedLayer.ts';
import { trainTiny } from './tinySteps.ts';

useEagerTensors();

describe('what a slice that stays computes', () => {
  it.each([
    [0, 2],
    [2, 3],
    [4, 3],
    [0, 5],
  ])('columns from %i on, %i of them, around the end', (start, r) => {
    const attached = attach(sliceFine, { r, slice_position: start });
    const slice = attached.value('slice_columns');
    const place = (i: number): number => (i - start + 5) % 5;
    expectWeight(attached, (o, i) => (place(i) < r ? slice[o]![place(i)]! : attached.weight[o]![i]!));
    expectLoraForm(attached);
  });

  it.each([
    [0, 2],
    [2, 2],
    [1, 3],
  ])('rows from %i on, %i of them, around the end', (start, r) => {
    const attached = attach(sliceFine, { r, slice_position: start, slice_mode: 'row' });
    const slice = attached.value('slice_rows');
    const place = (o: number): number => (o - start + 3) % 3;
    expectWeight(attached, (o, i) => (place(o) < r ? slice[place(o)]![i]! : attached.weight[o]![i]!));
    expectLoraForm(attached);
  });

  it('the same in forward as merged, and the base at the start', () => {
    const attached = attach(sliceFine, { r: 2 });
    const x = inputsFor(attached);
    const expected = tf.add(tf.matMul(x, attached.merged.weight as tf.Tensor2D, false, true), attached.merged.bias!);
    expectClose(attached.forward(x).dataSync(), expected.dataSync<'float32'>(), 1e-5, 'output');
    const start = attach(sliceFine, { r: 2, interval: 3, slice_mode: 'alternate' }, { noise: 0 });
    expect(Array.from(start.merged.weight.dataSync())).toEqual(start.weight.flat());
  });

  it('is not a method of PEFT', () => {
    const config = sliceFine.config.parse({ r: 2 });
    expect(sliceFine.toPeft(config, attach(sliceFine, config).parameters, 'base')).toBeUndefined();
    expect(sliceFine.fromPeft({ config: { peft_type: 'LORA' }, tensors: new Map() })).toHaveProperty('refused');
  });
});

describe('sizes', () => {
  const problems = (options: object): unknown => {
    const config = sliceFine.config.parse({ r: 2, target_modules: ['q_proj'], ...options });
    return sliceFine.check?.(config, [linearLayer(3, 5)]);
  };

  it.each([
    [{ r: 6 }, 'r'],
    [{ r: 4, slice_mode: 'row' }, 'r'],
    [{ slice_position: 5 }, 'slice_position'],
    [{ slice_position: 3, slice_mode: 'row' }, 'slice_position'],
    [{ r: 4, slice_mode: 'alternate', interval: 1 }, 'r'],
    [{ slice_mode: 'alternate' }, 'interval'],
  ])('%o is refused', (options, path) => {
    expect(problems(options)).toMatchObject([{ severity: 'error', path }]);
  });

  it('that fit are taken', () => {
    expect(problems({ r: 5 })).toEqual([]);
    expect(problems({ r: 3, slice_mode: 'alternate', interval: 1 })).toEqual([]);
  });
});

const layer = 'model.layers.0.mlp.down_proj';
const [out, inputs] = [8, 12];

/** Columns (or rows) of the merged weight of `layer` that differ from another one's. */
function changed(now: Float32Array, before: Float32Array, side: 'column' | 'row'): number[] {
  const places = new Set<number>();
  now.forEach((value, at) => {
    if (value !== before[at]) places.add(side === 'column' ? at % inputs : Math.floor(at / inputs));
  });
  return [...places].sort((a, b) => a - b);
}

describe('a slice that moves', () => {
  it('trains columns one slice after another, and each keeps what it learned', async () => {
    const options = { r: 5, interval: 2, slice_position: 1, target_modules: ['down_proj'] };
    const training = trainTiny(sliceFine, options);
    const weights = [tinyCheckpoint.weights.get(`${layer}.weight`)!.data];
    const positions: unknown[] = [];
    for (let step = 1; step <= 6; step++) {
      positions.push((await training.step()).metrics['adapter/slice_position']);
      if (step % 2 === 0) weights.push((await training.merged()).get(`${layer}.weight`)!);
    }
    expect(positions).toEqual([1, 1, 6, 6, 11, 11]);
    const turns = weights.slice(1).map((now, turn) => changed(now, weights[turn]!, 'column'));
    expect(turns).toEqual([
      [1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10],
      [0, 1, 2, 3, 11],
    ]);
    expect(Array.from(training.value(`${layer}.slice_position`))).toEqual([4, 1, 0]);
  });

  it('goes on from what the next place held, not from what the former one learned', async () => {
    const training = trainTiny(sliceFine, { r: 4, interval: 1, target_modules: ['down_proj'] }, { optimizer: sgd });
    const base = tinyCheckpoint.weights.get(`${layer}.weight`)!.data;
    await training.step();
    const slice = training.value(`${layer}.slice_columns`);
    const expected = Array.from({ length: out * 4 }, (_, at) => base[Math.floor(at / 4) * inputs + 4 + (at % 4)]!);
    expect(Array.from(slice)).toEqual(expected);
  });

  it('changes from columns to rows and back where it alternates', async () => {
    const options = { r: 3, interval: 1, slice_mode: 'alternate', target_modules: ['down_proj'] };
    const training = trainTiny(sliceFine, options);
    const weights = [tinyCheckpoint.weights.get(`${layer}.weight`)!.data];
    const isRow: unknown[] = [];
    for (let step = 1; step <= 4; step++) {
      isRow.push((await training.step()).metrics['adapter/slice_is_row']);
      weights.push((await training.merged()).get(`${layer}.weight`)!);
    }
    expect(isRow).toEqual([0, 1, 0, 1]);
    const sides = ['column', 'row', 'column', 'row'] as const;
    const turns = sides.map((side, turn) => changed(weights[turn + 1]!, weights[turn]!, side));
    expect(turns).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [3, 4, 5],
      [3, 4, 5],
    ]);
  });

  it('stays where it is between moves, and goes on after a restart as if there had been none', async () => {
    const options = { r: 4, interval: 2, target_modules: ['down_proj'] };
    const [whole, resumed] = [trainTiny(sliceFine, options), trainTiny(sliceFine, options)];
    await whole.step();
    expect(Array.from(whole.value(`${layer}.slice_position`))).toEqual([0, 0, 0]);
    resumed.restore(whole.state);
    for (const training of [whole, resumed]) for (let step = 0; step < 3; step++) await training.step();
    expect(resumed.state).toEqual(whole.state);
    expect(Array.from(whole.value(`${layer}.slice_position`))).toEqual([8, 0, 0]);
  });
});
