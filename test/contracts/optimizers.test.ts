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

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const rms = (values: readonly number[]): number => Math.sqrt(sum(values.map((value) => value ** 2)) / values.length);

/** Rows and columns of the suite's parameters; one row for what has one dimension. */
const sizes: Readonly<Record<string, readonly [number, number]>> = {
  'block.q_proj.lora_A': [2, 4],
  'block.q_proj.lora_B': [3, 2],
  'block.norm': [1, 4],
};

/** A product of row-major matrices [rows, inner] and [inner, columns]. */
function product(a: readonly number[], b: readonly number[], rows: number, inner: number, columns: number): number[] {
  return Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return sum(Array.from({ length: inner }, (_k, k) => a[row * inner + k]! * b[k * columns + column]!));
  });
}

function transposed(a: readonly number[], rows: number, columns: number): number[] {
  return a.map((_, at) => a[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** One Newton-Schulz iteration of fifth order on a matrix [rows, columns] that its norm divides first. */
function orthogonalisedOnce(given: readonly number[], rows: number, columns: number): number[] {
  const norm = Math.sqrt(sum(given.map((value) => value ** 2)));
  const x = given.map((value) => value / norm);
  const gram = product(x, transposed(x, rows, columns), rows, columns, rows);
  const second = product(gram, gram, rows, rows, rows);
  const update = gram.map((value, i) => -4 * value + 2 * second[i]!);
  return product(update, x, rows, rows, columns).map((value, i) => 3 * x[i]! + value);
}

/** Adafactor's direction in the first step, when the averages are this gradient's squares. */
function factoredDirection(gradient: readonly number[], name: string): number[] {
  const [rows, columns] = sizes[name]!;
  if (name.endsWith('norm')) return gradient.map(Math.sign);
  const squares = gradient.map((value) => value ** 2);
  const row = Array.from({ length: rows }, (_, r) => sum(squares.slice(r * columns, (r + 1) * columns)) / columns);
  const column = Array.from({ length: columns }, (_, c) => sum(squares.filter((_v, at) => at % columns === c)) / rows);
  const mean = sum(row) / rows;
  return gradient.map(
    (value, at) => value / Math.sqrt((row[Math.floor(at / columns)]! * column[at % columns]!) / mean),
  );
}

/** A gradient of A or B scaled by (M + reg I)^-1, M the 2 x 2 square of the other one. */
function riemannianGradient(gradient: readonly number[], name: string, reg: number): number[] {
  const values = drawnColumns('value');
  const [a, b] = ['lora_A', 'lora_B'].map((part) => Array.from(values[`block.q_proj.${part}`]!));
  if (name.endsWith('norm')) return [...gradient];
  const isA = name.endsWith('lora_A');
  const m = isA ? product(transposed(b!, 3, 2), b!, 2, 3, 2) : product(a!, transposed(a!, 2, 4), 2, 4, 2);
  const [p, q, s] = [m[0]! + reg, m[1]!, m[3]! + reg];
  const inverse = [s, -q, -q, p].map((value) => value / (p * s - q * q));
  return isA ? product(inverse, gradient, 2, 2, 4) : product(gradient, inverse, 3, 2, 2);
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
  adam: {
    options: { betas: [0.8, 0.95], eps: 1e-3, weight_decay: 0.1, groups: [] },
    // The decay is part of the gradient.
    step: (value, gradient, rate) =>
      value.map((v, i) => {
        const own = gradient[i]! + 0.1 * v;
        return v - (rate * own) / (Math.abs(own) + 1e-3);
      }),
  },
  rmsprop: {
    options: { alpha: 0.75, eps: 1e-3, momentum: 0.5, centered: true, weight_decay: 0.1, groups: [] },
    // The average square is a quarter of g^2, the square of the average a sixteenth.
    step: (value, gradient, rate) =>
      value.map((v, i) => {
        const own = gradient[i]! + 0.1 * v;
        return v - (rate * own) / (Math.sqrt(0.25 - 0.0625) * Math.abs(own) + 1e-3);
      }),
  },
  lion: {
    options: { betas: [0.8, 0.95], weight_decay: 0.1, groups: [] },
    step: (value, gradient, rate) => value.map((v, i) => v - rate * (Math.sign(gradient[i]!) + 0.1 * v)),
  },
  muon: {
    options: {
      ns_coefficients: [3, -4, 2],
      ns_steps: 1,
      adjust_lr_fn: 'match_rms_adamw',
      adam_eps: 1e-3,
      weight_decay: 0.1,
      groups: [],
    },
    // The momentum is a multiple of the gradient, which the norm takes out; a tall matrix is turned. The norm gets AdamW.
    step: (value, gradient, rate, name) => {
      const [rows, columns] = sizes[name]!;
      const kept = value.map((v) => v * (1 - rate * 0.1));
      if (name.endsWith('norm')) return kept.map((v, i) => v - (rate * gradient[i]!) / (Math.abs(gradient[i]!) + 1e-3));
      const direction =
        rows > columns
          ? transposed(orthogonalisedOnce(transposed(gradient, rows, columns), columns, rows), columns, rows)
          : orthogonalisedOnce(gradient, rows, columns);
      return kept.map((v, i) => v - rate * 0.2 * Math.sqrt(Math.max(rows, columns)) * direction[i]!);
    },
  },
  adafactor: {
    options: { eps: [1e-10, 2], d: 1, weight_decay: 0.1, groups: [] },
    // Every parameter counts as at least of size 2.
    step: (value, gradient, rate, name) => {
      const direction = factoredDirection(gradient, name);
      const size = (Math.max(2, rms(value)) * rate) / Math.max(1, rms(direction));
      return value.map((v, i) => v * (1 - rate * 0.1) - size * direction[i]!);
    },
  },
  hf_adafactor: {
    options: {
      eps: [1e-30, 2],
      clip_threshold: 0.5,
      beta1: 0.75,
      scale_parameter: true,
      weight_decay: 0.1,
      groups: [],
    },
    // A quarter of the step enters the average; the decay has the parameter's own rate.
    step: (value, gradient, rate, name) => {
      const direction = factoredDirection(gradient, name);
      const own = Math.max(2, rms(value)) * rate;
      const size = (0.25 * own) / Math.max(1, rms(direction) / 0.5);
      return value.map((v, i) => v * (1 - own * 0.1) - size * direction[i]!);
    },
  },
  riemannian: {
    options: { base: 'sgd', reg: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.1, groups: [] },
    step: (value, gradient, rate, name) => {
      const own = riemannianGradient(gradient, name, 0.1);
      return value.map((v, i) => v - rate * 1.9 * (own[i]! + 0.1 * v));
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
