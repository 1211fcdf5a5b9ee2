import { describe, expect, it } from 'vitest';
import { extractedValues } from '../../core/verifier/extractedValues.ts';
import { findAnswer } from '../../core/verifier/extraction/findAnswer.ts';
import { findReference } from '../../core/verifier/extraction/findReference.ts';
import { verifierOptionsSchema, type VerifierOptions } from '../../core/verifier/verifierOptions.ts';

const options = verifierOptionsSchema.parse({});
const choices = verifierOptionsSchema.parse({ extraction: [{ type: 'string' }] });
const trl = verifierOptionsSchema.parse({
  extraction: [{ type: 'latex', boxed_match_priority: 0, boxes: 'near', try_extract_without_anchor: false }],
  thoughts: false,
});

function found(completion: string, given: VerifierOptions = options): string | undefined {
  return findAnswer(completion, given)?.text;
}

describe('the answer of a completion', () => {
  it.each([
    ['I got \\boxed{7}, but that is wrong. It is \\boxed{8}.', '8'],
    ['\\boxed{7}, no, it is \\boxed{8}', '8'],
    ['\\boxed{7}\\quad\\text{or}\\quad\\boxed{8}', '7 \\text{ and } 8'],
    ['$x = \\boxed{7}$ or $x = \\boxed{8}$', '7 \\text{ and } 8'],
    ['\\boxed{1} papers and \\boxed{2} bins', '1 \\text{ and } 2'],
    ['\\boxed{1} is wrong and \\boxed{2}', '2'],
    ['\\boxed{16}\\boxed{16}', '16'],
    ['\\boxed{5} and then \\boxed{}', '5'],
    ['\\boxed{\\text{The answer is } 5}', '5'],
    ['\\boxed{$9$.}', '9'],
    ['\\boxed{5} m', '5 \\text{ m}'],
    ['$\\boxed{28}$ pct', '28\\%'],
    ['<think>\\boxed{7}</think>\\boxed{8}', '8'],
    ['<think>\\boxed{7}</think> none at all', '\\text{none at all}'],
    ['<think>\\boxed{7} and so on', '7'],
    ['The final answer is $15$. I hope it is correct.', '15'],
    ['**Final Answer**\n\n5', '5'],
    ['So the answer is x = 5.', 'x = 5'],
    ['The answer is 2 1/2.', '2 1/2'],
    ['The answer is 5, since 3 is odd.', '5'],
    ['Final Answer: The largest $n$ is 34.', '34'],
    ['It costs 3.\n#### 2,000', '2,000'],
    ['<answer>x+1</answer>', 'x+1'],
    ['The solutions are $x = 1$ or $x = 2$.', 'x = 1 \\text{ and } x = 2'],
    ['The distance is $125$ miles.', '125 \\text{ miles}'],
    ['there are 12 values of $n$.', '12'],
    ['We have $d = 90/n$. Therefore, there are 12 of them.', '12'],
    ['She pays $5 and then $6.', '6'],
    ['The line is y = 3 + 2x.', 'y = 3 + 2x'],
    ['The point is (2, 3).', '(2, 3)'],
    ['It is 3 × 10^5 m.', '3 × 10^5 \\text{ m}'],
    ['There are 1 000 000 ways.', '1 000 000'],
    ['After all it is **73**', '73'],
    ['It is 3, not 4.', '3'],
    ['y = 2x - 3', 'y = 2x - 3'],
    ['\\begin{align*} x &= 2+3 \\\\ &= 5 \\end{align*}', '= 5'],
    ['-2 \\\\le x \\\\le 7', '-2 \\le x \\le 7'],
  ])('%j states %j', (completion, text) => {
    expect(found(completion)).toBe(text);
  });

  it.each([
    '',
    ' \n',
    '\\boxed{}',
    'We have 0. \\boxed{\\text{}}',
    '\\boxed{\\ldots}',
    '$$',
    'The answer is definitely not \\boxed{6}.',
    'The answer is not 6.',
    '<think>there are 5 of them',
    '{"verdict": true, "score": 1.0}',
    'AZYUK2A',
    '\\boxed{5',
  ])('%j states none', (completion) => {
    expect(found(completion)).toBeUndefined();
  });

  it('says where it stands', () => {
    const completion = '<think>hm</think> So \\(\\boxed{ 5 }\\).';
    const answer = findAnswer(completion, options);
    expect(answer).toMatchObject({ text: '5', source: 'box', isThought: false });
    expect(completion.slice(answer?.start, answer?.end)).toBe('\\boxed{ 5 }');
  });

  it.each([
    ['The answer is (C).', 'C'],
    ['\\boxed{\\textbf{(C)}}', 'C'],
    ['Option A looks right at first, but the answer is B.', 'B'],
    ['A reasonable guess is B.', 'B'],
    ['A. Because B is not valid', 'A'],
    ['Answer: c', 'C'],
    ['No valid answer here', undefined],
    ['ABCD', undefined],
  ])('among choices, %j states %j', (completion, choice) => {
    expect(found(completion, choices)).toBe(choice);
  });

  it('follows the ranks that it is given', () => {
    const completion = 'final answer is $9999$, \\boxed{1}';
    const ranked = (rank: number): VerifierOptions =>
      verifierOptionsSchema.parse({ extraction: [{ type: 'latex', boxed_match_priority: rank }] });
    expect(found(completion, ranked(100))).toBe('9999');
    expect(found(completion, ranked(0))).toBe('1');
    expect(found('\\boxed{1}', ranked(-1))).toBeUndefined();
  });

  it('reads as TRL does where it is told to', () => {
    expect(found('\\boxed{1} then \\boxed{2}', trl)).toBe('1 \\text{ and } 2');
    expect(found('It is $42$, **42**.', trl)).toBeUndefined();
    expect(found('The final answer is $42$.', trl)).toBe('42');
  });
});

describe('a reference', () => {
  it.each([
    ['$\\frac{3}{5}$', '\\frac{3}{5}'],
    ['2\\sqrt{3}', '2\\sqrt{3}'],
    ['y = 2x + 3', 'y = 2x + 3'],
    ['$125$ miles', '125 \\text{ miles}'],
    ['She earns 9 * 2 = 18.\n#### 18', '18'],
    ['Let $x$ be it; so it is $\\boxed{20}$ percent.', '20\\%'],
    ['\\boxed{W = 1 \\text{ and } W = -1', 'W = 1 \\text{ and } W = -1'],
    ['\\text{Thursday}', '\\text{Thursday}'],
  ])('%j is %j', (reference, text) => {
    expect(findReference(reference, options)?.text).toBe(text);
  });

  it.each(['', ' ', '$$', '\\boxed{}', 'words only', 'N/A', 'A', '?', '$\\ldots$', '$\\text{}$'])(
    '%j cannot be used',
    (reference) => {
      expect(findReference(reference, options)).toBeUndefined();
    },
  );

  it('is one of the choices where there are some', () => {
    expect(findReference('A', choices)).toMatchObject({ text: 'A', isChoice: true });
  });
});

describe('what is printed', () => {
  const strict = {
    extraction: [{ type: 'latex', normalization: { malformed_operators: false } }],
    fallback_mode: 'no_fallback',
    extraction_mode: 'first_match',
  };
  it.each([
    ['Final answer is B', { extraction: [{ type: 'string' }] }, ['b', 'B']],
    ['Final answer is B', { extraction: [{ type: 'string', lowercase: false }] }, ['B', 'B']],
    ['$\\frac12$', strict, []],
    ['$\\frac12$', { ...strict, extraction: [{ type: 'latex' }] }, ['1/2']],
    ['$\\frac{2}{4}$', {}, ['1/2', '\\frac{2}{4}']],
  ])('of %j with %j is %j', (completion, given, values) => {
    expect(extractedValues(completion, verifierOptionsSchema.parse(given))).toEqual(values);
  });
});

// Each of these takes minutes as soon as one step is quadratic; the test's time limit then fails it.
describe('hostile lengths', () => {
  const length = 120_000;
  const all = verifierOptionsSchema.parse({
    extraction: [{ type: 'string' }, { type: 'latex' }, { type: 'expr' }],
  });
  it.each([
    '\\boxed{',
    '\\boxed{5}',
    '\\boxed{5}, ',
    '{',
    '}',
    '$',
    '$ ',
    '$x$',
    '$x$, ',
    '$5 and ',
    '\\$',
    '\\(',
    '\\[ x',
    '\\begin{align}',
    'Answer: ',
    'Answer: 5 ',
    'answer is ',
    'final answer is not ',
    'final answer is $5$. I hope ',
    '<answer>',
    '<answer>5</answer>',
    '####',
    '**',
    '**5** ',
    '**a',
    '1',
    '1,',
    '1/',
    '1^',
    '1 000 ',
    '-',
    ' ',
    '\n',
    '.',
    'a',
    'A ',
    'and ',
    'so ',
    'Therefore 5. ',
    '<think>',
    '</think>',
    '\\text{',
    '\\\\frac',
    '((',
    'not 5 ',
    '\\text{a is} ',
    '5 percent ',
  ])('%j', (piece) => {
    const text = piece.repeat(length / piece.length);
    findAnswer(`${text}5`, all);
    findReference(text, options);
    findAnswer(`\\boxed{${text}}`, options);
    expect(found(`${text.slice(0, 1000)}</think>\\boxed{42}`)).toBe('42');
  });
});
