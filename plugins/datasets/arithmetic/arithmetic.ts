import { z } from 'zod';
import type { Dataset } from '../../../core/contracts/dataset.ts';
import { workedShare } from '../../../core/problems/demonstration.ts';
import { openGenerator, type DraftProblem } from '../../../core/problems/generatedProblems.ts';
import { integerRange } from '../../../core/problems/integerRange.ts';
import { operatorWeights } from '../../../core/problems/operatorWeights.ts';
import type { RandomStream } from '../../../core/tensor/random.ts';
import { drawChain, type ChainsConfig } from './chains.ts';
import { drawLinear, type LinearConfig } from './linear.ts';

const families = ['chains', 'linear'] as const;

interface ArithmeticConfig extends ChainsConfig, LinearConfig {
  readonly families: readonly (typeof families)[number][];
}

type Draw = (random: RandomStream, config: ArithmeticConfig) => DraftProblem | undefined;

const draws: Readonly<Record<(typeof families)[number], Draw>> = { chains: drawChain, linear: drawLinear };

const largest = 1_000_000;

const config = z.strictObject({
  families: z
    .array(z.enum(families))
    .min(1)
    .default(['chains'])
    .describe('chains: `What is (12+7)*3-5?`; linear: `Solve 3*x+4=19`. Several are mixed in equal parts'),
  operations: integerRange(1, 16).default([2, 4]).describe('Operations in a chain: [fewest, most]'),
  operators: operatorWeights(['+', '-', '*', '/'])
    .default({ '+': 1, '-': 1, '*': 1 })
    .describe('How often each operator of a chain is drawn, relative to the others; / always leaves no remainder'),
  operands: integerRange(0, largest)
    .default([1, 99])
    .describe('First number of a chain, and numbers added or subtracted'),
  factors: integerRange(1, 1_000).default([2, 9]).describe('Numbers that a chain multiplies with or divides by'),
  results: integerRange(-largest, largest).default([0, 99]).describe('Every intermediate and final result of a chain'),
  coefficients: integerRange(1, 1_000).default([2, 9]).describe('a of the equation a*x+b=c'),
  constants: integerRange(1, largest).default([1, 99]).describe('b of the equation a*x+b=c'),
  solutions: integerRange(0, largest).default([0, 99]).describe('x of the equation a*x+b=c'),
  worked: workedShare,
});

/** Arithmetic that never ends: chains of operations and linear equations, as easy or hard as the ranges say. */
export const arithmetic: Dataset<ArithmeticConfig> = {
  id: 'arithmetic',
  summary: 'Generated chains of operations and linear equations',
  source: 'this project',
  config,
  open(settings, options) {
    const draw = (random: RandomStream): DraftProblem | undefined => {
      const family = settings.families[random.integer(settings.families.length)] ?? 'chains';
      return draws[family](random, settings);
    };
    return Promise.resolve().then(() =>
      openGenerator({ id: 'arithmetic', version: 1, config: settings, draw }, options),
    );
  },
};
