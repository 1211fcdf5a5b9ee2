import { describe, expect, it } from 'vitest';
import { verifyAnswer } from '../../core/verifier/verify.ts';

const both = { extraction: ['boxed', 'last_number'] } as const;
const boxedOnly = { extraction: ['boxed'] } as const;

function verdict(completion: string, reference: string): boolean | undefined {
  return verifyAnswer(completion, reference, both).equal;
}

describe('equal answers', () => {
  it.each([
    ['\\boxed{52}', '52'],
    ['<think>12+7=19, 19*3=57</think>\\boxed{57}', '57'],
    ['\\boxed{1}. No: \\boxed{2}', '2'],
    ['\\boxed{\\boxed{11}}', '11'],
    ['\\fbox{13}', '13'],
    ['$\\boxed 7$', '7'],
    ['\\\\boxed{100}', '100'],
    ['<think>\\boxed{4}</think>\\boxed{5}', '5'],
    ['<think>\\boxed{9}</think> The answer is 10.', '10'],
    ['\\boxed{\\frac{1}{2}}', '0.5'],
    ['\\boxed{\\dfrac12}', '1/2'],
    ['\\boxed{-\\frac{2}{4}}', '-1/2'],
    ['\\boxed{1,234,567}', '1234567'],
    ['\\boxed{1\\,000}', '1000'],
    ['\\boxed{3.0}', '3'],
    ['\\boxed{.5}', '1/2'],
    ['\\boxed{+5.}', '5'],
    ['\\boxed{−3}', '-3'],
    ['\\boxed{1.2e3}', '1200'],
    ['\\boxed{x = 5}', '5'],
    ['\\boxed{5}', 'x=5'],
    ['\\boxed{{{5}}}', '$5$'],
    ['\\boxed{\\$20}', '20'],
    ['5', '\\boxed{5}'],
    ['so it is 57-5=52', '52'],
    ['it is -7', '-7'],
    ['one of 12,15', '15'],
    ['1,000 sheep', '1000'],
    ['a half, or 1/2', '0.5'],
    ['\\boxed{007}', '7'],
    [`\\boxed{${'7'.repeat(100_000)}}`, '7'.repeat(100_000)],
  ])('%j is %j', (completion, reference) => {
    expect(verdict(completion, reference)).toBe(true);
  });
});

describe('other answers', () => {
  it.each([
    ['\\boxed{0.333}', '1/3'],
    ['\\boxed{0.3333333333333333}', '1/3'],
    ['\\boxed{9007199254740993}', '9007199254740992'],
    ['\\boxed{}', '0'],
    ['', '0'],
    ['no answer', '42'],
    ['<think>\\boxed{42}</think> none', '42'],
    ['<think>12+7=19', '19'],
    ['\\boxed{5 or 6}', '5'],
    ['\\boxed{y = 5}', 'x = 5'],
    ['\\boxed{1/0}', '1'],
    ['\\boxed{12,34}', '1234'],
    ['\\boxed{NaN}', '5'],
    ['\\boxed{Infinity}', '5'],
    ['\\boxed{0x10}', '16'],
    ['\\boxed{1_000}', '1000'],
    ['57-5', '-5'],
    ['\\boxedfoo{5}', '6'],
    [`\\boxed{${'7'.repeat(100_000)}}`, '7'],
  ])('%j is not %j', (completion, reference) => {
    expect(verdict(completion, reference)).toBe(false);
  });
});

it.each(['', 'words only', 'A', '1/0', '\\sqrt{2}', '(1,2)', 'between 3 and 5'])(
  'masks the reference %j',
  (reference) => {
    const { equal, trace } = verifyAnswer('\\boxed{5}', reference, both);
    expect(equal).toBeUndefined();
    expect(trace).toContain('masked');
  },
);

describe('trace', () => {
  it.each([
    ['\\boxed{2/4}', '0.5', '"2/4" (last \\boxed{}): as exact fractions "1/2" = "1/2"'],
    ['it is 4', '5', '"4" (last number): as exact fractions "4" ≠ "5"'],
    ['\\boxed{?}', '5', '"?" (last \\boxed{}): not a number; wanted "5"'],
    ['\\boxed{5}', '5', '"5" (last \\boxed{}): same text as the reference, "5"'],
  ])('%j against %j', (completion, reference, trace) => {
    expect(verifyAnswer(completion, reference, both).trace).toBe(trace);
  });

  it('says where it looked', () => {
    expect(verifyAnswer('it is 5', '5', boxedOnly)).toEqual({
      equal: false,
      extracted: undefined,
      trace: 'no answer found (looked for: last \\boxed{})',
    });
  });

  it('stays short for long answers, and says that they are too long to compute with', () => {
    const { trace } = verifyAnswer(`\\boxed{${'1'.repeat(1_000_000)}}`, '5', both);
    expect(trace.length).toBeLessThan(300);
    expect(trace).toContain('more than 10000 characters');
    expect(trace).toContain('(1000000 characters)');
  });
});

// Each of these takes minutes as soon as one step is quadratic; the test's time limit then fails it.
describe('a million hostile characters', () => {
  const million = 1_000_000;
  it.each([
    ['open boxes', '\\boxed{'.repeat(million / 7), false],
    ['nested boxes', `${'\\boxed{'.repeat(million / 8)}5${'}'.repeat(million / 8)}`, true],
    ['braces', '{'.repeat(million), false],
    ['closing braces', '}'.repeat(million), false],
    ['braces in a box', `\\boxed{${'{'.repeat(million)}5${'}'.repeat(million)}}`, true],
    ['digits', '1'.repeat(million), false],
    ['groups of digits', `${'111,'.repeat(million / 4)}1`, false],
    ['signs', `\\boxed{${'-'.repeat(million)}5}`, false],
    ['boxes without braces', '\\boxed '.repeat(million / 7), false],
    ['blanks after a box', `\\boxed${' '.repeat(million)}`, false],
    ['fractions', '\\frac{1'.repeat(million / 7), false],
    ['slashes', '1/'.repeat(million / 2), false],
    ['dots', '1.'.repeat(million / 2), false],
    ['thoughts', '<think>'.repeat(million / 7), false],
    ['ends of thoughts', `${'</think>'.repeat(million / 8)}5`, true],
    ['dollars', `\\boxed{${'$'.repeat(million)}}`, false],
    ['backslashes', '\\'.repeat(million), false],
    ['blanks', `\\boxed{${' '.repeat(million)}5}`, true],
    ['a huge exponent', '\\boxed{1e99999}', false],
    ['a long decimal', `\\boxed{0.${'1'.repeat(9_900)}}`, false],
  ])('%s', (_, completion, equal) => {
    expect(verdict(completion, '5')).toBe(equal);
    expect(verdict('\\boxed{6}', completion)).not.toBe(true);
  });
});
