import type { DraftProblem } from '../../../core/problems/generatedProblems.ts';
import { demonstrate } from '../../../core/problems/demonstration.ts';
import { drawInteger, type IntegerRange } from '../../../core/problems/integerRange.ts';
import type { RandomStream } from '../../../core/tensor/random.ts';

/** Settings of the family `linear`. */
export interface LinearConfig {
  readonly coefficients: IntegerRange;
  readonly constants: IntegerRange;
  readonly solutions: IntegerRange;
  readonly worked: number;
}

/** A linear equation with a whole solution and no negative side: `Solve 3*x+4=19` */
export function drawLinear(random: RandomStream, config: LinearConfig): DraftProblem | undefined {
  const coefficient = drawInteger(random, config.coefficients);
  const constant = drawInteger(random, config.constants);
  const solution = drawInteger(random, config.solutions);
  const [sign, inverse, direction] = random.integer(2) === 0 ? (['+', '-', 1] as const) : (['-', '+', -1] as const);
  const product = coefficient * solution;
  const side = product + direction * constant;
  if (side < 0) {
    return undefined;
  }
  const steps = [`${coefficient}*x=${side}${inverse}${constant}=${product}`, `x=${product}/${coefficient}=${solution}`];
  return {
    question: `Solve ${coefficient}*x${sign}${constant}=${side}`,
    reference: String(solution),
    family: 'linear',
    demonstration: demonstrate(random, config.worked, steps, String(solution)),
  };
}
