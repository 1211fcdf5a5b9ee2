import { expect, it } from 'vitest';
import { firstProblems } from '../../../core/conformance/datasetBehaviours.ts';
import { evaluateExpression } from '../../../core/verifier/expression.ts';
import { modular } from '../../../plugins/datasets/modular.ts';
import { openDataset } from './openDataset.ts';

function integerOf(expression: string): number {
  const result = evaluateExpression(expression);
  if ('problem' in result) throw new Error(`${expression}: ${result.problem}`);
  return Number(result.value.numerator / result.value.denominator);
}

/** The remainder that lies in 0 ... modulus - 1, found by counting. */
function remainderOf(value: number, modulus: number): number {
  return Array.from({ length: modulus }, (_, candidate) => candidate).find((r) => (value - r) % modulus === 0) ?? -1;
}

it.each([{}, { operations: [0, 5], operands: [0, 400], moduli: [2, 97] }, { operators: { '-': 3, '*': 1 } }])(
  'asks for the remainder of a chain and reduces it rightly: %j',
  async (settings) => {
    const { moduli, operands } = modular.config.parse(settings);
    for (const problem of firstProblems(await openDataset(modular, { ...settings, worked: 1 }), 500)) {
      const [, expression = '', modulus = ''] = /^What is \((.+)\) mod (\d+)\?$/u.exec(problem.question) ?? [];
      expect(Number(modulus)).toBeGreaterThanOrEqual(moduli[0]);
      expect(Number(modulus)).toBeLessThanOrEqual(moduli[1]);
      for (const operand of expression.match(/\d+/gu) ?? []) {
        expect(Number(operand)).toBeGreaterThanOrEqual(operands[0]);
        expect(Number(operand)).toBeLessThanOrEqual(operands[1]);
      }
      expect(String(remainderOf(integerOf(expression), Number(modulus))), problem.question).toBe(problem.reference);
      const [, thought = 'malformed', boxed] =
        /^<think>(.*)<\/think>\\boxed\{(\d+)\}$/u.exec(problem.demonstration ?? '') ?? [];
      expect(boxed).toBe(problem.reference);
      for (const step of thought === '' ? [] : thought.split(', ')) {
        const [left = '', right = ''] = step.split('=');
        const [value = '', by] = left.split(' mod ');
        const result = by === undefined ? integerOf(left) : remainderOf(Number(value), Number(modulus));
        expect(String(result), step).toBe(right);
      }
    }
  },
);
