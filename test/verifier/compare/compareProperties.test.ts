import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../../core/verifier/compare/compareAnswers.ts';
import { defaultCompareOptions } from '../../../core/verifier/compare/comparison.ts';

type Random = (bound: number) => number;

function seeded(seed: number): Random {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** An expression: its text, a rewriting that is equal to it, and one that is not. */
interface Rewritten {
  readonly text: string;
  readonly same: string;
  readonly other: string;
}

/** Joins two parts so that what was other stays other: by sums, differences and products with what is never 0. */
function joined(left: Rewritten, right: Rewritten, random: Random): Rewritten {
  switch (random(4)) {
    case 0:
      return {
        text: `${left.text} + ${right.text}`,
        same: `${right.same} + ${left.same}`,
        other: `${left.other} + ${right.same}`,
      };
    case 1:
      return {
        text: `${left.text} - (${right.text})`,
        same: `-(${right.same}) + ${left.same}`,
        other: `${left.other} - (${right.text})`,
      };
    case 2:
      return {
        text: `(${left.text})(x^2 + 1)`,
        same: `x^{2} \\cdot (${left.same}) + ${left.text}`,
        other: `(${left.other})(1 + x^2)`,
      };
    default:
      return {
        text: `\\frac{${left.text}}{2}`,
        same: `\\frac{1}{4}(${left.same}) + 0.25\\left(${left.text}\\right)`,
        other: `\\frac{${left.other}}{2}`,
      };
  }
}

function leaf(random: Random): Rewritten {
  const number = random(30) + 2;
  switch (random(8)) {
    case 0:
      return { text: `${number}`, same: `\\frac{${number * 3}}{3}`, other: `${number + 1}` };
    case 1:
      return { text: 'x', same: '\\frac{2x}{2}', other: '-x' };
    case 2:
      return {
        text: `(x+${number})^2`,
        same: `x^2 + ${2 * number}x + ${number * number}`,
        other: `x^2 + ${number * number}`,
      };
    case 3:
      return { text: `\\sqrt{${number * number * 2}}`, same: `${number}\\sqrt2`, other: `${number}\\sqrt{3}` };
    case 4:
      return { text: '\\sin^2 y', same: '1 - \\cos^2 y', other: '1 + \\cos^2 y' };
    case 5:
      return { text: `e^{${number}y}`, same: `(e^y)^{${number}}`, other: `e^{${number + 1}y}` };
    case 6:
      return { text: `${number}\\pi`, same: `\\pi \\cdot ${number}`, other: `${number}e` };
    default:
      return { text: `\\ln ${2 ** ((number % 5) + 2)}`, same: `${(number % 5) + 2} \\ln 2`, other: `${number} \\ln 3` };
  }
}

function expression(random: Random, depth: number): Rewritten {
  return depth === 0 ? leaf(random) : joined(expression(random, depth - 1), expression(random, depth - 1), random);
}

function isEqual(gold: string, answer: string): boolean | undefined {
  return compareAnswers(gold, answer, defaultCompareOptions).equal;
}

const random = seeded(20_251_125);
const expressions = Array.from({ length: 150 }, (_, index) => expression(random, index % 4));

describe('compareAnswers over random expressions', () => {
  it('accepts every equivalent rewriting, either way round', () => {
    const wrong = expressions.filter(({ text, same }) => !isEqual(text, same) || !isEqual(same, text));
    expect(wrong).toEqual([]);
  });

  it('rejects every perturbed one, either way round', () => {
    const wrong = expressions.filter(
      ({ text, same, other }) => isEqual(text, other) !== false || isEqual(other, same) !== false,
    );
    expect(wrong).toEqual([]);
  });

  it('finds everything equal to itself, with other spacing and delimiters too', () => {
    const wrong = expressions.filter(
      ({ text }) =>
        !isEqual(text, text) ||
        !isEqual(text, `$ \\displaystyle ${text.replaceAll('(', '\\left( ').replaceAll(')', ' \\right)')} $`),
    );
    expect(wrong).toEqual([]);
  });

  it('sees the smallest difference between whole numbers and fractions of any size', () => {
    const draw = seeded(7);
    for (let count = 0; count < 60; count++) {
      const digits = Array.from({ length: draw(300) + 1 }, () => draw(10)).join('');
      const value = BigInt(`1${digits}`);
      expect(isEqual(`${value}`, `${value}`)).toBe(true);
      expect(isEqual(`${value}`, `${value + 1n}`)).toBe(false);
      expect(isEqual(`\\frac{1}{${value}}`, `\\frac{3}{${value * 3n}}`)).toBe(true);
      expect(isEqual(`\\frac{1}{${value}}`, `\\frac{1}{${value + 1n}}`)).toBe(false);
    }
  });

  it('takes sets in any order and tuples in one', () => {
    const draw = seeded(11);
    for (let count = 0; count < 40; count++) {
      const items = Array.from({ length: draw(5) + 2 }, (_, index) => `${index * 10 + draw(10)}`);
      const turned = [...items.slice(1), ...items.slice(0, 1)];
      expect(isEqual(`\\{${items.join(', ')}\\}`, `\\{${turned.join(',')}\\}`)).toBe(true);
      expect(isEqual(items.join(', '), turned.join(', '))).toBe(true);
      expect(isEqual(`(${items.join(', ')})`, `(${turned.join(', ')})`)).toBe(false);
      expect(isEqual(items.join(', '), items.slice(1).join(', '))).toBe(false);
    }
  });

  it('scales equations by any number, and inequalities by positive ones', () => {
    const draw = seeded(13);
    for (let count = 0; count < 40; count++) {
      const [a, b, c, k] = [draw(9) + 1, draw(9) + 1, draw(40) + 1, draw(5) + 2];
      const scaled = `${a * k}x + ${b * k}y`;
      expect(isEqual(`${a}x + ${b}y = ${c}`, `${scaled} = ${c * k}`)).toBe(true);
      expect(isEqual(`${a}x + ${b}y = ${c}`, `${c * k} - ${a * k}x = ${b * k}y`)).toBe(true);
      expect(isEqual(`${a}x + ${b}y = ${c}`, `${scaled} = ${c * k + 1}`)).toBe(false);
      expect(isEqual(`${a}x + ${b}y < ${c}`, `${scaled} < ${c * k}`)).toBe(true);
      expect(isEqual(`${a}x + ${b}y < ${c}`, `-(${scaled}) < -${c * k}`)).toBe(false);
      expect(isEqual(`${a}x + ${b}y < ${c}`, `${scaled} \\le ${c * k}`)).toBe(false);
    }
  });
});
