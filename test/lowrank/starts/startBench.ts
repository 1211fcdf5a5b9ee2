import type { LayerCalibration } from '../../../core/contracts/adapter.ts';
import { initialisation, type StartSettings } from '../../../core/lowrank/initialisation.ts';
import { startOf } from '../../../core/lowrank/initialise.ts';
import type { LowRankFactors } from '../../../core/lowrank/starts/startContext.ts';
import { matrix, transpose, type Matrix } from '../../../core/linalg/matrix.ts';
import { multiply } from '../../../core/linalg/multiply.ts';
import { randomStream } from '../../../core/tensor/random.ts';

/** A small layer with a random weight. */
export interface StartBench {
  readonly shape: readonly [number, number];
  readonly weight: Matrix;
  start(init: unknown, rank: number, more?: Partial<StartSettings> & StartMore): LowRankFactors;
}

interface StartMore {
  readonly scaling?: number;
  readonly calibration?: LayerCalibration;
}

/** A layer of this shape, on which any start can be tried. */
export function startBench(out: number, inputs: number): StartBench {
  const weight = randomStream(1, 'weight', out, inputs).normals(out * inputs);
  return {
    shape: [out, inputs],
    weight: matrix(out, inputs, weight),
    start(init, rank, { scaling = 2, calibration, ...settings } = {}) {
      const name = initialisation.parse(init);
      return startOf(name).factors({
        layer: 'block.q_proj',
        shape: [out, inputs],
        rank,
        scaling,
        weight,
        random: randomStream(3, 'start'),
        settings: { init_lora_weights: name, ...settings },
        ...(calibration === undefined ? {} : { calibration }),
      });
    },
  };
}

/** `factor` B A. */
export function productOf({ a, b }: LowRankFactors, [out, inputs]: readonly [number, number], factor = 1): Matrix {
  const rank = a.length / inputs;
  const product = multiply(matrix(out, rank, b), matrix(rank, inputs, a));
  return { ...product, data: product.data.map((value) => factor * value) };
}

/** M M^T */
export function gram(rows: Matrix): Matrix {
  return multiply(rows, transpose(rows));
}

/** The unit matrix's values. */
export function unit(size: number): number[] {
  return Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
}
