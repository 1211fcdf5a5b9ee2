import { z } from 'zod';
import type { Dataset } from '../../core/contracts/dataset.ts';
import { demonstrate, workedShare } from '../../core/problems/demonstration.ts';
import { openGenerator, type DraftProblem } from '../../core/problems/generatedProblems.ts';
import { drawInteger, integerRange, type IntegerRange } from '../../core/problems/integerRange.ts';
import type { RandomStream } from '../../core/tensor/random.ts';
import { formatCountdownReference } from '../../core/verifier/countdownReference.ts';

interface CountdownConfig {
  readonly count: IntegerRange;
  readonly numbers: IntegerRange;
  readonly targets: IntegerRange;
  readonly worked: number;
}

/** A part of the solution: its value, its text, and how tightly its last operator binds (3: a plain number). */
interface Part {
  readonly value: number;
  readonly text: string;
  readonly strength: 1 | 2 | 3;
  /** The operation that gave it, on values: `19+7=26`. */
  readonly step?: string;
}

function bracketed(part: Part, strength: number): string {
  return part.strength < strength ? `(${part.text})` : part.text;
}

/** Joins two parts by a random operator whose result is a whole number that is not negative. */
function join(random: RandomStream, left: Part, right: Part): Part {
  const [larger, smaller] = left.value >= right.value ? [left, right] : [right, left];
  const divisible = smaller.value > 0 && larger.value % smaller.value === 0;
  const operator = random.integer(divisible ? 4 : 3);
  switch (operator) {
    case 0:
      return joined(left, '+', right, left.value + right.value, 1, [1, 1]);
    case 1:
      return joined(larger, '-', smaller, larger.value - smaller.value, 1, [1, 2]);
    case 2:
      return joined(left, '*', right, left.value * right.value, 2, [2, 2]);
    default:
      return joined(larger, '/', smaller, larger.value / smaller.value, 2, [2, 3]);
  }
}

/** `strengths`: how tightly the operands must bind to stand without brackets. */
function joined(
  left: Part,
  sign: string,
  right: Part,
  value: number,
  strength: 1 | 2,
  strengths: [number, number],
): Part {
  return {
    value,
    text: `${bracketed(left, strengths[0])}${sign}${bracketed(right, strengths[1])}`,
    strength,
    step: `${left.value}${sign}${right.value}=${value}`,
  };
}

function drawProblem(random: RandomStream, config: CountdownConfig): DraftProblem | undefined {
  const count = drawInteger(random, config.count);
  const numbers = Array.from({ length: count }, () => drawInteger(random, config.numbers));
  let parts = numbers.map((value): Part => ({ value, text: String(value), strength: 3 }));
  const steps: string[] = [];
  while (parts.length > 1) {
    const [left, right, ...others] = random.shuffle(parts);
    if (left === undefined || right === undefined) {
      return undefined;
    }
    const part = join(random, left, right);
    steps.push(part.step ?? part.text);
    parts = [part, ...others];
  }
  const solution = parts[0];
  const [lowest, highest] = config.targets;
  if (solution === undefined || solution.value < lowest || solution.value > highest) {
    return undefined;
  }
  const target = solution.value;
  const sorted = numbers.toSorted((left, right) => left - right);
  return {
    question: `Use ${numbers.join(', ')} to make ${target}.`,
    reference: formatCountdownReference(sorted, target),
    family: 'countdown',
    demonstration: demonstrate(random, config.worked, steps, solution.text),
    key: `countdown ${formatCountdownReference(sorted, target)}`,
  };
}

/** The numbers game: make a target of given numbers, each used once. Every problem has a solution. */
export const countdown: Dataset<CountdownConfig> = {
  id: 'countdown',
  summary: 'Generated Countdown problems: make the target of the numbers',
  source: 'the Countdown task of TinyZero; this project',
  config: z.strictObject({
    count: integerRange(2, 8).default([3, 4]).describe('How many numbers are given: [fewest, most]'),
    numbers: integerRange(1, 1_000).default([1, 20]).describe('The numbers given'),
    targets: integerRange(0, 1_000_000).default([10, 99]).describe('The target'),
    worked: workedShare,
  }),
  open(config, options) {
    const draw = (random: RandomStream): DraftProblem | undefined => drawProblem(random, config);
    return Promise.resolve().then(() => openGenerator({ id: 'countdown', version: 1, config, draw }, options));
  },
};
