import { randomStream } from '../../core/tensor/random.ts';

/** A verification as training asks for it. */
export interface OrdinaryCase {
  readonly gold: string;
  readonly answer: string;
}

const REASONING =
  'Let $x$ be the unknown. From $2x + 3 = 11$ we get $2x = 8$, and so on. We check each step before we go on. ';

/** Whole numbers from `least` to `most`. */
type Draw = (least: number, most: number) => number;

const kinds: readonly ((draw: Draw) => readonly [gold: string, right: string, wrong: string])[] = [
  (draw) => {
    const value = draw(1, 9999);
    return [`${value}`, `${value}`, `${value + 1}`];
  },
  (draw) => {
    const [top, bottom, factor] = [draw(1, 40), draw(2, 40), draw(2, 5)];
    return [
      `$\\frac{${top}}{${bottom}}$`,
      `\\frac{${factor * top}}{${factor * bottom}}`,
      `\\frac{${top + 1}}{${bottom}}`,
    ];
  },
  (draw) => {
    const [value, factor] = [draw(2, 50), draw(2, 9)];
    return [`$${factor}\\sqrt{${value}}$`, `\\sqrt{${factor ** 2 * value}}`, `\\sqrt{${factor ** 2 * value + 1}}`];
  },
  (draw) => {
    const [a, b] = [draw(1, 20), draw(1, 20)];
    return [`$x^2 + ${a + b}x + ${a * b}$`, `(x+${a})(x+${b})`, `(x+${a})(x+${b + 1})`];
  },
  (draw) => {
    const [a, b] = [draw(1, 50), draw(51, 99)];
    return [`$[${a}, ${b})$`, `[${a},${b})`, `[${a},${b}]`];
  },
  (draw) => {
    const [a, b] = [draw(1, 50), draw(51, 99)];
    return [`$\\{${a}, ${b}\\}$`, `${b}, ${a}`, `${b}`];
  },
  (draw) => {
    const value = draw(1, 99);
    return [`$${value}\\%$`, `${value / 100}`, `${value / 10}`];
  },
  (draw) => {
    const value = draw(1, 99);
    return [`$x = ${value}$`, `${value}`, `y = ${value}`];
  },
];

/** Completions of about a hundred words that end with a box: as many right as wrong ones, of all kinds in turn. */
export function ordinaryCases(count: number, seed: number): readonly OrdinaryCase[] {
  const random = randomStream(seed);
  const draw: Draw = (least, most) => least + random.integer(most - least + 1);
  return Array.from({ length: count }, (_, index) => {
    const [gold, right, wrong] = (kinds[index % kinds.length] ?? kinds[0])?.(draw) ?? ['', '', ''];
    const stated = Math.floor(index / kinds.length) % 2 === 0 ? right : wrong;
    return { gold, answer: `${REASONING.repeat(draw(1, 8))}Therefore the answer is $\\boxed{${stated}}$.` };
  });
}
