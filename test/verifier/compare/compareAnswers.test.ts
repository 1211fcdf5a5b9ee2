import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../../core/verifier/compare/compareAnswers.ts';
import { defaultCompareOptions } from '../../../core/verifier/compare/comparison.ts';

/** A line of variations.jsonl: `equal` is null where the reference is unusable. */
interface Variation {
  readonly kind: string;
  readonly gold: string;
  readonly answer: string;
  readonly equal: boolean | null;
}

const lines = readFileSync(path.join(import.meta.dirname, 'variations.jsonl'), 'utf8')
  .trim()
  .split('\n');
const variations = lines.map((line) => JSON.parse(line) as Variation);
const kinds = [...new Set(variations.map(({ kind }) => kind))];

function verdict(gold: string, answer: string, options = {}): boolean | undefined {
  return compareAnswers(gold, answer, { ...defaultCompareOptions, ...options }).equal;
}

/** Texts made to be too long, too deep or too large. */
const hostile: Readonly<Record<string, string>> = {
  'a million letters': 'x'.repeat(1_000_000),
  'braces nested 500,000 deep': '{'.repeat(500_000) + '}'.repeat(500_000),
  'unclosed brackets': '('.repeat(500_000),
  'a bracketed sum nested 10,000 deep': `${'(1+'.repeat(10_000)}1${')'.repeat(10_000)}`,
  'roots nested 10,000 deep': `${'\\sqrt{'.repeat(10_000)}2${'}'.repeat(10_000)}`,
  'fractions nested 10,000 deep': `${'\\frac{1}{'.repeat(10_000)}2${'}'.repeat(10_000)}`,
  'a tower of 5,000 powers': `2${'^2'.repeat(5_000)}`,
  'a million backslashes': '\\'.repeat(1_000_000),
  'unclosed texts': '\\text{'.repeat(100_000),
  'a million dollar signs': '$'.repeat(1_000_000),
  '20,000 signs of plus or minus': `${'\\pm'.repeat(20_000)}1`,
  'a list of 15,000': `${'1, '.repeat(15_000)}2`,
  'a sum of 5,000 variables': Array.from({ length: 5_000 }, (_, index) => `x_{${index}}`).join('+'),
  '1,000 factorials': `5${'!'.repeat(1_000)}`,
  'a union of 3,000 intervals': `${'[0,1]\\cup'.repeat(3_000)}[0,1]`,
  'a power of a polynomial': '(x+y+z+w)^{99999} (x-y)^{100000}',
  'a sum of 10^12 terms': '\\sum_{k=1}^{10^{12}} \\frac{1}{k^2}',
  'sums in sums': '\\sum_{a=1}^{9999}\\sum_{b=1}^{9999}\\sum_{c=1}^{9999} abc',
  'a product of factorials': '((((9!)!)!)!)!',
  'an integral without closed form': '\\int_0^{10} e^{\\sin(\\cos(\\tan(x^{x^x})))} dx',
  'a matrix power': '\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}^{99999999}',
  'half a surrogate': '\ud800',
  'a zero byte': '\u0000',
};

describe('compareAnswers', () => {
  it.each(kinds)('gives the stated verdict for every variation of %s', (kind) => {
    const wrong = variations
      .filter((variation) => variation.kind === kind)
      // eslint-disable-next-line no-restricted-syntax -- JSON has no undefined.
      .filter(({ gold, answer, equal }) => (verdict(gold, answer) ?? null) !== equal);
    expect(wrong).toEqual([]);
  });

  it.each(Object.entries(hostile))('does not accept %s, nor fail over it', (_name, text) => {
    expect(verdict('5', text)).toBe(false);
    expect(verdict(text, '5')).not.toBe(true);
  });

  it('reads the same number in braces nested 10,000 deep', () => {
    expect(verdict('5', `${'{'.repeat(10_000)}5${'}'.repeat(10_000)}`)).toBe(true);
  });

  it('compares decimals to the precision that is asked for', () => {
    expect(verdict('\\frac{1}{3}', '0.33', { precision: 2 })).toBe(true);
    expect(verdict('\\frac{1}{3}', '0.33', { precision: 3 })).toBe(false);
    expect(verdict('\\pi', '3.1415926536', { precision: 10 })).toBe(true);
    expect(verdict('\\pi', '3.1415926', { precision: 10 })).toBe(false);
  });

  it('takes a relation for a set only where that is allowed', () => {
    expect(verdict('(3, \\infty)', 'x > 3')).toBe(false);
    expect(verdict('(3, \\infty)', 'x > 3', { allowSetRelationComp: true })).toBe(true);
    expect(verdict('(3, \\infty)', 'x \\ge 3', { allowSetRelationComp: true })).toBe(false);
    expect(verdict('x > 3', '(3, \\infty)')).toBe(true);
  });

  it('takes another name of the variable, and a tuple for a set, only where it is not strict', () => {
    for (const [gold, answer] of [
      ['x = 5', 'y = 5'],
      ['x + 1', 't + 1'],
      ['\\{1, 2\\}', '(2, 1)'],
    ] as const) {
      expect(verdict(gold, answer)).toBe(false);
      expect(verdict(gold, answer, { strict: false })).toBe(true);
    }
    expect(verdict('x + 1', 't + 2', { strict: false })).toBe(false);
  });

  it('compares listed strings as texts', () => {
    const strings = ['A', 'B', 'yes'];
    expect(verdict('A', 'A', { strings })).toBe(true);
    expect(verdict('A', 'a', { strings })).toBe(false);
    expect(verdict('A', '\\text{(a)}', { strings, lowercase: true })).toBe(true);
    expect(verdict('A', 'B', { strings, lowercase: true })).toBe(false);
    expect(verdict('7', '7.0', { strings })).toBe(true);
  });

  it('says nothing where the reference is unusable', () => {
    for (const gold of ['', ' ', '$$', '\\frac{1}{', '((3)', '\\boxed{}', '\\text{}']) {
      const { equal, decidedBy } = compareAnswers(gold, '5', defaultCompareOptions);
      expect([gold, equal, decidedBy]).toEqual([gold, undefined, 'reference']);
    }
  });

  it('tells how both were read and which comparison decided', () => {
    const { decidedBy, trace } = compareAnswers('\\text{5 cm}', '50\\,\\mathrm{mm}', defaultCompareOptions);
    expect(decidedBy).toBe('quantity');
    expect(trace).toEqual([
      'reference read as "\\\\text{5 cm}"',
      'answer read as "50 \\\\mathrm{mm}"',
      'compared by quantity: equal',
    ]);
  });
});
