import { describe, expect, it } from 'vitest';
import { optimizerBehaviours } from '../../core/conformance/optimizerBehaviours.ts';
import { createOptimizerBench, drawnColumns, parametersFor } from '../../core/conformance/optimizerBench.ts';
import { plugins } from '../../plugins/index.ts';
import { expectClose } from '../closeness.ts';
import { judgeEach } from './judgedPlugins.ts';
import { configFor } from './pluginConfigs.ts';

/** One parameter's first step from empty slots, in double precision. */
type Step = (value: readonly number[], gradient: readonly number[], learningRate: number, name: string) => number[];

/** The first step of an optimizer with options that use all of its parts, and what it comes to. */
interface Reference {
  readonly options: Readonly<Record<string, unknown>>;
  readonly step: Step;
  /** Parameters that must be frozen. */
  readonly frozen?: readonly string[];
}

/** B's gradient times (A A^T + 1e-8 I)^-1 / s^2 for s = 2, by the inverse of a 2 x 2 matrix. */
function correctedForA(gradient: readonly number[]): number[] {
  const a = drawnColumns('value')['block.q_proj.lora_A']!;
  const dot = (i: number, j: number): number => [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * i + k]! * a[4 * j + k]!, 0);
  const [p, q, r] = [dot(0, 0) + 1e-8, dot(0, 1), dot(1, 1) + 1e-8];
  const scale = 4 * (p * r - q * q);
  return gradient.map((_, i) => {
    const [left, right] = [gradient[i - (i % 2)]!, gradient[i - (i % 2) + 1]!];
    return i % 2 === 0 ? (left * r - right * q) / scale : (right * p - left * q) / scale;
  });
}

/** By id. A new plugin adds a line. */
const references: Readonly<Record<string, Reference>> = {
  adamw: {
    options: { betas: [0.8, 0.95], eps: 1e-3, weight_decay: 0.1, groups: [] },
    // In the first step the corrected moments are g and g^2.
    step: (value, gradient, rate) =>
      value.map((v, i) => v * (1 - rate * 0.1) - (rate * gradient[i]!) / (Math.abs(gradient[i]!) + 1e-3)),
  },
  sgd: {
    options: { momentum: 0.9, nesterov: true, weight_decay: 0.1, groups: [] },
    // The decay is part of the gradient; the buffer starts as it, and Nesterov adds it once more.
    step: (value, gradient, rate) => value.map((v, i) => v - rate * 1.9 * (gradient[i]! + 0.1 * v)),
  },
  loraplus: {
    options: { betas: [0.8, 0.95], eps: 1e-3, loraplus_lr_ratio: 4, loraplus_weight_decay: 0.1 },
    // B and what is 1-D moves at four times the rate; norms do not decay.
    step: (value, gradient, learningRate, name) => {
      const rate = learningRate * (name.endsWith('lora_A') ? 1 : 4);
      const decay = name.endsWith('norm') ? 0 : 0.1;
      return value.map((v, i) => v * (1 - rate * decay) - (rate * gradient[i]!) / (Math.abs(gradient[i]!) + 1e-3));
    },
  },
  lorafa: {
    options: { betas: [0.8, 0.95], eps: 1e-3, weight_decay: 0.1 },
    frozen: ['block.q_proj.lora_A'],
    // eps stands beside an average that is not corrected, and the decay comes after the step.
    step: (value, gradient, rate, name) => {
      const own = name.endsWith('lora_B') ? correctedForA(gradient) : gradient;
      const root = Math.sqrt(0.05);
      return value.map((v, i) => (v - (rate * root * own[i]!) / (root * Math.abs(own[i]!) + 1e-3)) * (1 - rate * 0.1));
    },
  },
};

judgeEach('optimizer', plugins.optimizers, optimizerBehaviours, (optimizer, common) => ({ ...common, optimizer }));

describe.each(plugins.optimizers.map((optimizer) => [optimizer.id, optimizer] as const))('%s', (id, optimizer) => {
  it('makes the first step of its formula in double precision', async () => {
    const { options, step } = references[id]!;
    const config = optimizer.config.parse(options);
    const [values, gradients] = [drawnColumns('value'), drawnColumns('gradient')];
    const bench = await createOptimizerBench(optimizer, config);
    const after = await bench.step(values, gradients, 0.1, 1);
    await bench.release();
    for (const { name, trainable } of parametersFor(optimizer, config)) {
      const [value, gradient] = [Array.from(values[name]!), Array.from(gradients[name]!)];
      expectClose(after[name], trainable ? step(value, gradient, 0.1, name) : value, 1e-6, name);
    }
  });

  it('trains all parameters but those that it must find frozen, and finds nothing wrong with that', () => {
    const config = configFor(optimizer);
    const parameters = parametersFor(optimizer, config);
    const frozen = parameters.filter(({ trainable }) => !trainable).map(({ name }) => name);
    expect(frozen).toEqual(references[id]!.frozen ?? []);
    expect(optimizer.check?.(config, parameters) ?? []).toEqual([]);
  });
});
