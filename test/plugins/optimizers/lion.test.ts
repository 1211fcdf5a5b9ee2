import { describe, it } from 'vitest';
import { createOptimizerBench, parametersFor } from '../../../core/conformance/optimizerBench.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { lion } from '../../../plugins/optimizers/lion.ts';
import { expectClose } from '../../closeness.ts';

/** The program of arXiv 2302.06675, figure 1 and algorithm 2, in double precision: an update from weight, gradient and momentum. */
function train(weight: number, gradient: number, momentum: number, rate: number, options: LionOptions) {
  const update = Math.sign(momentum * options.beta1 + gradient * (1 - options.beta1));
  const kept = momentum * options.beta2 + gradient * (1 - options.beta2);
  return { weight: weight - (update + weight * options.lambda) * rate, momentum: kept };
}

interface LionOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly lambda: number;
}

describe('lion', () => {
  it.each([
    { beta1: 0.9, beta2: 0.99, lambda: 0 },
    { beta1: 0.95, beta2: 0.98, lambda: 0.3 },
    { beta1: 0, beta2: 0.5, lambda: 0.01 },
  ])('takes 30 steps of the paper’s program at %o', async (options) => {
    const config = lion.config.parse({
      betas: [options.beta1, options.beta2],
      weight_decay: options.lambda,
      groups: [],
    });
    const specs = parametersFor(lion, config);
    const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
    const drawn = (...key: (string | number)[]) =>
      Object.fromEntries(
        specs.map(({ name, shape }) => [name, randomStream(7, name, ...key).normals(count(shape))] as const),
      );
    let values: Readonly<Record<string, Float32Array>> = drawn('start');
    const expected = new Map(
      specs.map(({ name }) => [name, Array.from(values[name]!, (weight) => ({ weight, momentum: 0 }))] as const),
    );
    const bench = await createOptimizerBench(lion, config);
    for (let step = 1; step <= 30; step++) {
      const gradients = drawn('gradient', step);
      const rate = 0.02 / step;
      values = await bench.step(values, gradients, rate, step);
      for (const { name } of specs) {
        const next = expected
          .get(name)!
          .map(({ weight, momentum }, i) => train(weight, gradients[name]![i]!, momentum, rate, options));
        expected.set(name, next);
        expectClose(
          values[name],
          next.map(({ weight }) => weight),
          1e-6,
          `${name}, step ${step}`,
        );
      }
    }
    await bench.release();
  });
});
