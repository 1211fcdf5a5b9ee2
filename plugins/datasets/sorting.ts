import { z } from 'zod';
import type { Dataset } from '../../core/contracts/dataset.ts';
import { demonstrate, workedShare } from '../../core/problems/demonstration.ts';
import { openGenerator, type DraftProblem } from '../../core/problems/generatedProblems.ts';
import { drawInteger, integerRange, type IntegerRange } from '../../core/problems/integerRange.ts';
import type { RandomStream } from '../../core/tensor/random.ts';

const orders = ['ascending', 'descending'] as const;
type Order = (typeof orders)[number];

const answers = ['list', 'place'] as const;

interface SortingConfig {
  readonly count: IntegerRange;
  readonly numbers: IntegerRange;
  readonly orders: readonly Order[];
  readonly answer: (typeof answers)[number];
  readonly worked: number;
}

function drawNumbers(random: RandomStream, { count, numbers }: SortingConfig): readonly number[] {
  const wanted = Math.min(drawInteger(random, count), numbers[1] - numbers[0] + 1);
  const drawn = new Set<number>();
  while (drawn.size < wanted) drawn.add(drawInteger(random, numbers));
  return [...drawn];
}

/** Takes the next number out of what is left, again and again: `3 of 9 3 5, 5 of 9 5, 9 of 9`. */
function selectionSteps(given: readonly number[], sorted: readonly number[]): readonly string[] {
  return sorted.map((next, place) => {
    const taken = new Set(sorted.slice(0, place));
    return `${next} of ${given.filter((number) => !taken.has(number)).join(' ')}`;
  });
}

function drawProblem(random: RandomStream, config: SortingConfig): DraftProblem | undefined {
  const given = drawNumbers(random, config);
  const order = config.orders[random.integer(config.orders.length)] ?? 'ascending';
  const sorted = given.toSorted((left, right) => (order === 'ascending' ? left - right : right - left));
  const place = random.integer(sorted.length);
  const isList = config.answer === 'list';
  const answer = isList ? `(${sorted.join(', ')})` : String(sorted[place]);
  const steps = selectionSteps(given, sorted).slice(0, isList ? undefined : place + 1);
  const list = given.join(', ');
  return {
    question: isList
      ? `Sort ${list} in ${order} order.`
      : `Which number is at place ${place + 1} of ${list} in ${order} order?`,
    reference: answer,
    family: 'sorting',
    demonstration: demonstrate(random, config.worked, steps, answer),
    // The same numbers given in another order are the same problem.
    key: `sorting ${order} ${isList ? '' : place + 1} ${given.toSorted((left, right) => left - right).join(' ')}`,
  };
}

/** Lists of distinct numbers to be sorted. A list is answered as a tuple, `(3, 5, 9)`, in which order counts. */
export const sorting: Dataset<SortingConfig> = {
  id: 'sorting',
  summary: 'Generated lists of numbers to be sorted',
  source: 'this project',
  config: z.strictObject({
    count: integerRange(2, 64).default([3, 6]).describe('How many numbers are given: [fewest, most]'),
    numbers: integerRange(0, 1_000_000)
      .refine(([low, high]) => high - low >= 1, 'at least two different numbers are needed')
      .default([0, 99])
      .describe('The numbers, all different'),
    orders: z.array(z.enum(orders)).min(1).default(['ascending']).describe('Orders asked for; several in equal parts'),
    answer: z
      .enum(answers)
      .default('list')
      .describe(
        'list: the sorted list, as `(3, 5, 9)`; place: the number at one place of it, for rewards that take numbers alone',
      ),
    worked: workedShare,
  }),
  open(config, options) {
    const draw = (random: RandomStream): DraftProblem | undefined => drawProblem(random, config);
    return Promise.resolve().then(() => openGenerator({ id: 'sorting', version: 1, config, draw }, options));
  },
};
