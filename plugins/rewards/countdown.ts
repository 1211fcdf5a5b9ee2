import { z } from 'zod';
import type { Reward, RewardScore } from '../../core/contracts/reward.ts';
import { parseCountdownReference } from '../../core/verifier/countdownReference.ts';
import { excerpt } from '../../core/verifier/excerpt.ts';
import { evaluateExpression } from '../../core/verifier/expression.ts';
import { extractAnswer } from '../../core/verifier/extract.ts';
import { formatRational } from '../../core/verifier/rational.ts';

interface CountdownConfig {
  readonly use_all: boolean;
}

/** Whether `used` takes nothing from `given` that is not there (as often as it is there); with `all`, takes everything. */
function usesNumbers(used: readonly bigint[], given: readonly bigint[], all: boolean): boolean {
  const left = given.map(String);
  const taken = used.every((number) => {
    const place = left.indexOf(String(number));
    left.splice(Math.max(place, 0), place < 0 ? 0 : 1);
    return place >= 0;
  });
  return taken && (!all || left.length === 0);
}

function judge(completion: string, reference: string, useAll: boolean): RewardScore {
  const task = parseCountdownReference(reference);
  if (task === undefined) {
    return {
      value: undefined,
      trace: `the reference ${excerpt(reference)} names no numbers and target: sample masked`,
    };
  }
  const answer = extractAnswer(completion, ['boxed'])?.text;
  if (answer === undefined) {
    return { value: 0, trace: 'no answer found (looked for: last \\boxed{})' };
  }
  const [expression = '', stated, ...more] = answer.split('=');
  const result = evaluateExpression(expression);
  if ('problem' in result) {
    return { value: 0, trace: `${excerpt(answer)}: ${result.problem}` };
  }
  const target = formatRational({ numerator: task.target, denominator: 1n });
  const value = formatRational(result.value);
  const reached = value === target && more.length === 0 && (stated === undefined || stated.trim() === target);
  const rightNumbers = usesNumbers(result.numbers, task.numbers, useAll);
  const manner = useAll ? 'once each' : 'at most once each';
  const numbers = rightNumbers ? 'numbers used as given' : `does not use ${task.numbers.join(', ')} ${manner}`;
  const trace = `${excerpt(answer)}: is ${excerpt(value)}, wanted ${target}; ${numbers}`;
  return {
    value: Number(reached && rightNumbers),
    components: { reached: Number(reached), numbers: Number(rightNumbers) },
    trace,
  };
}

/** 1 for an expression in `\boxed{}` that makes the target of the given numbers, each used once; else 0. */
export const countdown: Reward<CountdownConfig> = {
  id: 'countdown',
  summary: 'The boxed expression uses each number once and reaches the target',
  source: 'the Countdown task of TinyZero; this project',
  isVerifier: true,
  config: z.strictObject({
    use_all: z.boolean().default(true).describe('Every number must be used; false: each at most once'),
  }),
  create(config) {
    return (sample) => judge(sample.completion, sample.reference, config.use_all);
  },
};
