import { describe, expect, it } from 'vitest';
import type { LayerCalibration } from '../../core/contracts/adapter.ts';
import type { TargetLayer } from '../../core/contracts/parameter.ts';
import { matrix, transpose, type Matrix } from '../../core/linalg/matrix.ts';
import { multiply } from '../../core/linalg/multiply.ts';
import { svd } from '../../core/linalg/svd.ts';
import { evaComponents, type EvaLayer } from '../../core/lowrank/evaComponents.ts';
import { addBatch, centredBatch } from '../../core/lowrank/incrementalPca.ts';
import { evaSchema } from '../../core/lowrank/initialisation.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { lora } from '../../plugins/adapters/lora.ts';
import { expectClose } from '../closeness.ts';

/** Rows with a mean and with deviations that fall by `decay` from feature to feature. */
function inputsOf(name: string, rows: number, features: number, decay: number): Matrix {
  const noise = randomStream(4, name).normals(rows * features);
  return matrix(
    rows,
    features,
    noise.map((value, i) => 1 + value * decay ** (i % features)),
  );
}

function layerOf(name: string, batches: readonly Matrix[], room = 8, rank = 2): EvaLayer {
  return { name, rank, room, batches };
}

const options = (changes: object = {}) => evaSchema.parse(changes);

describe('addBatch', () => {
  it('finds the principal components of all rows, one batch after the other', () => {
    const [first, second] = [inputsOf('one', 30, 6, 0.5), inputsOf('two', 20, 6, 0.6)];
    const all = matrix(50, 6, [...first.data, ...second.data]);
    const random = randomStream(1);
    const found = addBatch(addBatch(undefined, centredBatch(first), 6, random), centredBatch(second), 6, random);
    const means = Array.from(
      { length: 6 },
      (_, j) => all.data.reduce((sum, x, i) => sum + (i % 6 === j ? x : 0), 0) / 50,
    );
    const { s, v } = svd(
      matrix(
        50,
        6,
        all.data.map((value, i) => value - means[i % 6]!),
      ),
    );
    expectClose(found.singularValues, s, 1e-12, 'singular values');
    const cosines = multiply(found.components, v);
    expectClose(
      [0, 1, 2, 3, 4, 5].map((k) => Math.abs(cosines.data[7 * k]!)),
      Array(6).fill(1),
      1e-10,
      'components',
    );
    expect(found.varianceShares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expectClose(found.mean, means, 1e-12, 'means');
  });
});

describe('evaComponents', () => {
  const steep = layerOf('steep', [inputsOf('steep', 40, 8, 0.3)]);
  const flat = layerOf('flat', [inputsOf('flat', 40, 8, 1)]);

  it('gives the budget to the components that explain most of their layer', () => {
    const found = evaComponents([flat, steep], options({ rho: 2 }), randomStream(1));
    const ranks = [...found.values()].map(({ rank }) => rank);
    expect(ranks.reduce((sum, rank) => sum + rank, 0)).toBe(4);
    expect(found.get('flat')!.rank).toBeGreaterThan(found.get('steep')!.rank);
    const rows = matrix(found.get('flat')!.rank, 8, found.get('flat')!.values);
    const products = multiply(rows, transpose(rows));
    expectClose(
      products.data.map((value, i) => (i % (rows.rows + 1) === 0 ? value - 1 : value)),
      Array(rows.rows ** 2).fill(0),
      1e-6,
      'A A^T - I',
    );
  });

  it('leaves ranks as they are with rho 1, and never exceeds a layer’s room', () => {
    const even = evaComponents([flat, steep], options({ rho: 1 }), randomStream(1));
    expect([...even.values()].map(({ rank }) => rank)).toEqual([2, 2]);
    const tight = evaComponents([layerOf('flat', flat.batches, 2), steep], options({ rho: 4 }), randomStream(1));
    expect(tight.get('flat')!.rank).toBeLessThanOrEqual(2);
  });

  it('shares one set of components among layers with the same inputs', () => {
    const twin = layerOf('twin', steep.batches);
    const found = evaComponents([steep, twin], options({ rho: 1 }), randomStream(1));
    expect(found.get('twin')).toEqual(found.get('steep'));
  });

  it('divides by the roots of the singular values with whiten', () => {
    const plain = evaComponents([steep], options({ rho: 1 }), randomStream(1)).get('steep')!;
    const white = evaComponents([steep], options({ rho: 1, whiten: true }), randomStream(1)).get('steep')!;
    // Only a second look at the batch says that nothing turns any more.
    const once = addBatch(undefined, centredBatch(steep.batches[0]!), 2, randomStream(1));
    const { singularValues } = addBatch(once, centredBatch(steep.batches[0]!), 2, randomStream(1));
    const expected = plain.values.map((value, i) => value / Math.sqrt(singularValues[Math.floor(i / 8)]!));
    expectClose(white.values, expected, 1e-6, 'whitened');
  });

  it('goes through the batches until components settle, skipping those that are too short', () => {
    const long = inputsOf('long', 30, 8, 0.5);
    const found = evaComponents([layerOf('mixed', [inputsOf('short', 1, 8, 0.5), long])], options(), randomStream(1));
    expect(found.get('mixed')!.rank).toBe(2);
  });

  it('ends where components never settle', () => {
    const found = evaComponents([steep], options({ tau: 1 }), randomStream(1));
    expect(found.get('steep')!.rank).toBe(2);
  });

  it('refuses batches of fewer rows than components', () => {
    const short = layerOf('short', [inputsOf('short', 3, 8, 0.5)]);
    expect(() => evaComponents([short], options({ rho: 2 }), randomStream(1))).toThrow(
      'looks for 4 components of the inputs of short, which needs a batch of at least as many rows; the largest has 3',
    );
  });
});

describe('LoRA with EVA', () => {
  const layers = ['a', 'b'].map((name): TargetLayer => ({
    name: `x.${name}_proj`,
    module: `${name}_proj`,
    kind: 'linear',
    shape: [8, 8],
    hasBias: false,
  }));
  const calibration = new Map(
    layers.map(({ name }, i): [string, LayerCalibration] => [
      name,
      { kind: 'activations', values: Float32Array.from(inputsOf(name, 40, 8, i === 0 ? 0.05 : 1).data) },
    ]),
  );
  const config = (changes: object = {}) =>
    lora.config.parse({
      r: 1,
      lora_alpha: 3,
      init_lora_weights: 'eva',
      target_modules: ['a_proj', 'b_proj'],
      ...changes,
    });

  it('lets alpha follow the rank, so that the scaling stays, unless told otherwise', () => {
    const scalings = (changes: object): number[] =>
      [...lora.plan(config(changes), layers, randomStream(1), calibration).layers.values()].map(
        (options) => (options as unknown as { scaling: number }).scaling,
      );
    expect(scalings({ r: 2 })).toEqual([1.5, 1.5]);
    const fixed = scalings({ r: 2, eva_config: { adjust_scaling_factors: false } });
    expect(new Set(fixed).size).toBe(2);
  });

  it('writes the ranks by full names for PEFT, without layers that got none, and reads them as plain LoRA', () => {
    const own = config({ r: 2 });
    const { layers: options } = lora.plan(own, layers, randomStream(1), calibration);
    const parameters = layers.flatMap(
      (layer) =>
        lora.attach({ layer, options: options.get(layer.name)!, weight: new Float32Array(64), random: randomStream(2) })
          .parameters,
    );
    const ranks = layers.map(({ name }) => parameters.find((spec) => spec.name === `${name}.lora_A`)?.shape[0] ?? 0);
    expect(ranks[0]! + ranks[1]!).toBe(4);
    const peft = lora.toPeft(own, parameters, 'base')!;
    expect(peft.config).toMatchObject({ r: 2, lora_alpha: 3, init_lora_weights: 'eva' });
    const pattern = peft.config['rank_pattern'] as Readonly<Record<string, number>>;
    expect(layers.map(({ name }) => pattern[name] ?? 2).filter((_, i) => ranks[i]! > 0)).toEqual(
      ranks.filter((rank) => rank > 0),
    );
    const written = JSON.parse(JSON.stringify(peft.config)) as Readonly<Record<string, unknown>>;
    const read = lora.fromPeft({ config: written, tensors: peft.tensors });
    expect(read).toMatchObject({ config: { init_lora_weights: true, rank_pattern: pattern, r: 2, lora_alpha: 3 } });
  });

  it('needs calibration to start, but not to be planned', () => {
    const { layers: options } = lora.plan(config(), layers, randomStream(1));
    const [layer] = layers;
    const attach = () =>
      lora.attach({
        layer: layer!,
        options: options.get(layer!.name)!,
        weight: new Float32Array(64),
        random: randomStream(2),
      });
    expect(attach).toThrow('needs activations of x.a_proj');
    expect(lora.shapes!(layer!, options.get(layer!.name)!).map(({ shape }) => shape)).toEqual([
      [1, 8],
      [8, 1],
    ]);
    expect(lora.calibration!(config())).toEqual({ kind: 'activations', batches: 8 });
    expect(lora.calibration!(config({ calibration_batches: 3 }))).toEqual({ kind: 'activations', batches: 3 });
  });
});
