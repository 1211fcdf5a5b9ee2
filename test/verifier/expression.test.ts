import { describe, expect, it } from 'vitest';
import { evaluateExpression } from '../../core/verifier/expression.ts';
import { formatRational } from '../../core/verifier/rational.ts';

function valueOf(text: string): string {
  const result = evaluateExpression(text);
  return 'problem' in result ? result.problem : formatRational(result.value);
}

describe('values', () => {
  it.each([
    ['1+2*3', '7'],
    ['(1+2)*3', '9'],
    ['8-3-2', '3'],
    ['8/2/2', '2'],
    ['1/3+1/6', '1/2'],
    ['8/(3-8/3)', '24'],
    ['-3+8', '5'],
    ['2*-3', '-6'],
    ['-(2+3)*4', '-20'],
    ['--5', '5'],
    ['((((7))))', '7'],
    ['3 × 4 ÷ 6', '2'],
    ['3 \\times (4 \\cdot 2)', '24'],
    ['9007199254740993-1', '9007199254740992'],
  ])('%s = %s', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });

  it('lists the numbers in order', () => {
    expect(evaluateExpression('25*(3+7)-3')).toMatchObject({ numbers: [25n, 3n, 7n, 3n] });
  });
});

describe('problems', () => {
  it.each([
    ['', 'ends where a number is expected'],
    ['1+', 'ends where a number is expected'],
    ['(1+2', 'brackets do not match'],
    ['1+2)', 'brackets do not match'],
    ['()', 'has no number before )'],
    ['*2', 'has no number before *'],
    ['1 2(3)', 'has no operator before ('],
    ['1/0', 'divides by zero'],
    ['1/(3-3)', 'divides by zero'],
    ['2**3', 'has no number before *'],
    ['process.exit(0)', 'holds something else than whole numbers, + - * / and brackets'],
    ['1.5+2', 'holds something else than whole numbers, + - * / and brackets'],
    ['__proto__', 'holds something else than whole numbers, + - * / and brackets'],
    ['1'.repeat(60), 'holds a number of more than 50 digits'],
    ['('.repeat(1_000_000), 'longer than 4000 characters'],
    ['('.repeat(4_000), 'ends where a number is expected'],
    ['-'.repeat(4_000), 'ends where a number is expected'],
  ])('%s', (text, problem) => {
    expect(valueOf(text)).toBe(problem);
  });
});

it('agrees with the language on expressions of every shape', () => {
  const operators = ['+', '-', '*'];
  const shapes = [
    'a?b?c?d',
    '(a?b)?c?d',
    'a?(b?c)?d',
    'a?b?(c?d)',
    '(a?b?c)?d',
    'a?(b?c?d)',
    '((a?b)?c)?d',
    'a?(b?(c?d))',
    '(a?b)?(c?d)',
  ];
  for (const shape of shapes) {
    for (let code = 0; code < 27; code++) {
      let place = 0;
      const text = shape
        .replace(/\?/gu, () => operators[Math.floor(code / 3 ** place++) % 3] ?? '')
        .replace(/[a-d]/gu, (letter) => String(3 + 2 * 'abcd'.indexOf(letter)));
      // The language itself is the reference.
      // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
      expect(valueOf(text), text).toBe(String(new Function(`return ${text}`)()));
    }
  }
});
