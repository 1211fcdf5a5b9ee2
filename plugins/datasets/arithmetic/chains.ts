import type { DraftProblem } from '../../../core/problems/generatedProblems.ts';
import { demonstrate } from '../../../core/problems/demonstration.ts';
import { commonRange, drawInteger, type IntegerRange } from '../../../core/problems/integerRange.ts';
import { weightedChoice } from '../../../core/problems/weightedChoice.ts';
import type { RandomStream } from '../../../core/tensor/random.ts';
import type { ArithmeticOperator } from '../../../core/verifier/rational.ts';

/** Settings of the family `chains`. */
export interface ChainsConfig {
  readonly operations: IntegerRange;
  readonly operators: Readonly<Partial<Record<ArithmeticOperator, number>>>;
  readonly operands: IntegerRange;
  readonly factors: IntegerRange;
  readonly results: IntegerRange;
  readonly worked: number;
}

interface Step {
  readonly operator: ArithmeticOperator;
  readonly operand: number;
  readonly result: number;
}

/** Operands that keep the result in range; undefined where there is none. */
type OperandRule = (value: number, config: ChainsConfig, random: RandomStream) => number | undefined;

function drawFrom(random: RandomStream, range: IntegerRange | undefined): number | undefined {
  return range && drawInteger(random, range);
}

function drawFactor(
  random: RandomStream,
  [low, high]: IntegerRange,
  fits: (factor: number) => boolean,
): number | undefined {
  const factors: number[] = [];
  for (let factor = low; factor <= high; factor++) {
    if (fits(factor)) {
      factors.push(factor);
    }
  }
  return factors.length === 0 ? undefined : factors[random.integer(factors.length)];
}

function contains([low, high]: IntegerRange, value: number): boolean {
  return value >= low && value <= high;
}

const operandRules: Readonly<Record<ArithmeticOperator, OperandRule>> = {
  '+': (value, { operands, results: [low, high] }, random) =>
    drawFrom(random, commonRange(operands, [low - value, high - value])),
  '-': (value, { operands, results: [low, high] }, random) =>
    drawFrom(random, commonRange(operands, [value - high, value - low])),
  '*': (value, { factors, results }, random) =>
    drawFactor(random, factors, (factor) => contains(results, value * factor)),
  '/': (value, { factors, results }, random) =>
    drawFactor(random, factors, (factor) => value % factor === 0 && contains(results, value / factor)),
};

const evaluate: Readonly<Record<ArithmeticOperator, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

/** An operator (by weight, among those that have an operand) and its operand. */
function drawStep(random: RandomStream, value: number, config: ChainsConfig): Step | undefined {
  const weightOf = (operator: ArithmeticOperator): number => config.operators[operator] ?? 0;
  const operators = (Object.keys(operandRules) as ArithmeticOperator[]).filter((operator) => weightOf(operator) > 0);
  const steps = operators.flatMap((operator) => {
    const operand = operandRules[operator](value, config, random);
    return operand === undefined ? [] : [{ operator, operand, result: evaluate[operator](value, operand) }];
  });
  return weightedChoice(
    random,
    steps.map((step) => [step, weightOf(step.operator)] as const),
  );
}

/** `12`, +7, *3 becomes `(12+7)*3`: brackets only where the order of operations needs them. */
function appendToExpression(
  expression: string,
  last: ArithmeticOperator | undefined,
  { operator, operand }: Step,
): string {
  const bindsTighter = (operator === '*' || operator === '/') && (last === '+' || last === '-');
  return `${bindsTighter ? `(${expression})` : expression}${operator}${operand}`;
}

/** A chain of operations from left to right, every intermediate result in range: `What is (12+7)*3-5?` */
export function drawChain(random: RandomStream, config: ChainsConfig): DraftProblem | undefined {
  const length = drawInteger(random, config.operations);
  const start = drawFrom(random, commonRange(config.operands, config.results));
  if (start === undefined) {
    return undefined;
  }
  let value = start;
  let expression = String(start);
  let last: ArithmeticOperator | undefined;
  const worked: string[] = [];
  for (let place = 0; place < length; place++) {
    const step = drawStep(random, value, config);
    if (step === undefined) {
      return undefined;
    }
    expression = appendToExpression(expression, last, step);
    worked.push(`${value}${step.operator}${step.operand}=${step.result}`);
    last = step.operator;
    value = step.result;
  }
  return {
    question: `What is ${expression}?`,
    reference: String(value),
    family: 'chains',
    demonstration: demonstrate(random, config.worked, worked, String(value)),
  };
}
