import { z } from 'zod';
import type { Dataset } from '../../core/contracts/dataset.ts';
import { demonstrate, workedShare } from '../../core/problems/demonstration.ts';
import { openGenerator, type DraftProblem } from '../../core/problems/generatedProblems.ts';
import { drawInteger, integerRange, type IntegerRange } from '../../core/problems/integerRange.ts';
import { operatorWeights } from '../../core/problems/operatorWeights.ts';
import { weightedChoice } from '../../core/problems/weightedChoice.ts';
import type { RandomStream } from '../../core/tensor/random.ts';

const operators = ['+', '-', '*'] as const;
type ModularOperator = (typeof operators)[number];

interface ModularConfig {
  readonly operations: IntegerRange;
  readonly operators: Readonly<Partial<Record<ModularOperator, number>>>;
  readonly operands: IntegerRange;
  readonly moduli: IntegerRange;
  readonly worked: number;
}

const apply: Readonly<Record<ModularOperator, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
};

function remainder(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}

/** A chain of operations from left to right, and its remainder: `What is ((12+7)*3-5) mod 9?` */
function drawProblem(random: RandomStream, config: ModularConfig): DraftProblem | undefined {
  const modulus = drawInteger(random, config.moduli);
  const length = drawInteger(random, config.operations);
  const start = drawInteger(random, config.operands);
  const steps: string[] = [];
  const reduce = (value: number): number => {
    const reduced = remainder(value, modulus);
    if (reduced !== value) steps.push(`${value} mod ${modulus}=${reduced}`);
    return reduced;
  };
  let expression = String(start);
  let last: ModularOperator | undefined;
  let value = reduce(start);
  for (let place = 0; place < length; place++) {
    const operator = weightedChoice(
      random,
      operators.map((sign) => [sign, config.operators[sign] ?? 0] as const),
    );
    if (operator === undefined) return undefined;
    const operand = drawInteger(random, config.operands);
    const needsBrackets = operator === '*' && (last === '+' || last === '-');
    expression = `${needsBrackets ? `(${expression})` : expression}${operator}${operand}`;
    const result = apply[operator](value, operand);
    steps.push(`${value}${operator}${operand}=${result}`);
    value = reduce(result);
    last = operator;
  }
  return {
    question: `What is (${expression}) mod ${modulus}?`,
    reference: String(value),
    family: 'modular',
    demonstration: demonstrate(random, config.worked, steps, String(value)),
  };
}

/** Modular arithmetic without end. Demonstrations reduce after every operation, which keeps numbers small. */
export const modular: Dataset<ModularConfig> = {
  id: 'modular',
  summary: 'Generated modular arithmetic: the remainder of a chain of operations',
  source: 'this project',
  config: z.strictObject({
    operations: integerRange(0, 16).default([1, 3]).describe('Operations in a chain: [fewest, most]'),
    operators: operatorWeights(operators)
      .default({ '+': 1, '-': 1, '*': 1 })
      .describe('How often each operator is drawn, relative to the others'),
    operands: integerRange(0, 1_000_000).default([1, 99]).describe('The numbers of a chain'),
    moduli: integerRange(2, 1_000_000).default([2, 20]).describe('What the remainder is taken of'),
    worked: workedShare,
  }),
  open(config, options) {
    const draw = (random: RandomStream): DraftProblem | undefined => drawProblem(random, config);
    return Promise.resolve().then(() => openGenerator({ id: 'modular', version: 1, config, draw }, options));
  },
};
