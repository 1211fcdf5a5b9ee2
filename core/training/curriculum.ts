import { z } from 'zod';
import type { Problem } from '../contracts/dataset.ts';
import { randomStream } from '../tensor/random.ts';

const fraction = z.number().min(0).max(1);

/** Which problems are asked: the key `training.curriculum` of an experiment. */
export const curriculumSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('off') }),
    z.strictObject({
      type: z.literal('difficulty'),
      by: z
        .enum(['problem', 'difficulty', 'family'])
        .default('problem')
        .describe(
          'What has a pass rate: each problem, all of one difficulty (as the data says it), or all of one family',
        ),
      target: fraction.default(0.5).describe('Pass rate of the problems that are asked most'),
      width: z.number().positive().default(0.25).describe('How far from it the weight falls to 0.61'),
      floor: fraction.default(0.05).describe('Weight of the problems that are asked least'),
      candidates: z.int().min(1).default(4).describe('Problems among which each one is chosen'),
    }),
    z.strictObject({
      type: z.literal('replay'),
      share: z.number().positive().max(1).default(0.25).describe('Largest share of a batch that is asked again'),
      buffer_size: z.int().min(1).default(256).describe('Hard problems that are remembered; the oldest go'),
      threshold: z.number().positive().max(1).default(0.5).describe('Problems with a lower pass rate are hard'),
    }),
  ])
  .default({ type: 'off' })
  .describe('Which problems are asked');

/** Which problems are asked. */
export type Curriculum = Readonly<z.output<typeof curriculumSchema>>;

const rateSchema = z.tuple([z.number().min(0), z.number().min(0)]);

/** What a curriculum knows of the problems; kept in checkpoints. */
export const curriculumStateSchema = z.object({
  rates: z
    .record(z.string(), rateSchema)
    .default({})
    .describe('[completions judged, of them right], older ones count less'),
  hard: z.array(z.int().min(0)).default([]).describe('Problems to be asked again, by their index, oldest first'),
});

/** What a curriculum knows of the problems. */
export type CurriculumState = Readonly<z.output<typeof curriculumStateSchema>>;

/** A problem with its index in the data set. */
export interface AskedProblem {
  readonly index: number;
  readonly problem: Problem;
}

/** How the completions of a problem were judged. */
export interface AskedOutcome extends AskedProblem {
  readonly judged: number;
  readonly correct: number;
}

/** Older outcomes count half when the same is asked again: the policy that made them has changed. */
const memory = 0.5;

/** How many of the next problems in the order of the data a batch of `count` is chosen from. */
export function candidateCount(curriculum: Curriculum, count: number, size: number | undefined): number {
  if (curriculum.type !== 'difficulty') return count;
  return Math.max(count, Math.min(count * curriculum.candidates, size ?? Infinity));
}

/**
 * Estimated pass rate: (right + 1) / (judged + 2), so that it is 1/2 where nothing is known (Laplace's rule of succession).
 */
export function passRate(curriculum: Curriculum, { rates }: CurriculumState, asked: AskedProblem): number {
  const [judged, right] = rates[rateKey(curriculum, asked)] ?? [0, 0];
  return (right + 1) / (judged + 2);
}

/** The weight of a problem with pass rate p: floor + (1 - floor) exp(-(p - target)^2 / (2 width^2)). */
export function difficultyWeight(
  rate: number,
  { target, width, floor }: { readonly target: number; readonly width: number; readonly floor: number },
): number {
  return floor + (1 - floor) * Math.exp(-((rate - target) ** 2) / (2 * width ** 2));
}

/**
 * Chooses `count` of the candidates, in their order. By difficulty: drawn without replacement in proportion to their weights
 * (P. Efraimidis, P. Spirakis: Weighted random sampling with a reservoir, 2006: the largest u^(1/w)), with random numbers that belong to
 * this batch alone.
 */
export function chosenProblems(
  curriculum: Curriculum,
  state: CurriculumState,
  candidates: readonly AskedProblem[],
  count: number,
  { seed, batch }: { readonly seed: number; readonly batch: number },
): readonly AskedProblem[] {
  if (curriculum.type !== 'difficulty') return candidates.slice(0, count);
  const uniforms = randomStream(seed, 'curriculum', batch).uniforms(candidates.length);
  const keys = candidates.map((asked, i) => {
    const weight = difficultyWeight(passRate(curriculum, state, asked), curriculum);
    // The logarithm of u^(1/w); a weight of 0 comes after all others.
    return Math.log(Math.max(uniforms[i] ?? 0, 2 ** -32)) / Math.max(weight, Number.MIN_VALUE);
  });
  const best = candidates.map((_, i) => i).sort((a, b) => (keys[b] ?? 0) - (keys[a] ?? 0) || a - b);
  return best
    .slice(0, count)
    .sort((a, b) => a - b)
    .flatMap((i) => candidates[i] ?? []);
}

/** How many problems of a batch are asked again rather than anew. */
export function replayedCount(curriculum: Curriculum, { hard }: CurriculumState, count: number): number {
  return curriculum.type === 'replay' ? Math.min(hard.length, Math.floor(curriculum.share * count)) : 0;
}

/** The state after a batch was judged. Hard problems that were asked again leave the buffer, and come back where they are hard still. */
export function afterOutcomes(
  curriculum: Curriculum,
  state: CurriculumState,
  outcomes: readonly AskedOutcome[],
): CurriculumState {
  if (curriculum.type === 'off') return state;
  const judged = outcomes.filter((outcome) => outcome.judged > 0);
  if (curriculum.type === 'replay') {
    const { threshold, buffer_size: size } = curriculum;
    const again = judged.filter((outcome) => outcome.correct / outcome.judged < threshold).map(({ index }) => index);
    const asked = new Set(outcomes.map(({ index }) => index));
    const hard = [...state.hard.filter((index) => !asked.has(index)), ...new Set(again)];
    return { ...state, hard: hard.slice(-size) };
  }
  const rates: Record<string, [number, number]> = { ...state.rates };
  const fresh = new Map<string, [number, number]>();
  for (const outcome of judged) {
    const key = rateKey(curriculum, outcome);
    const [all, right] = fresh.get(key) ?? [0, 0];
    fresh.set(key, [all + outcome.judged, right + outcome.correct]);
  }
  for (const [key, [all, right]] of fresh) {
    const [before, rightBefore] = rates[key] ?? [0, 0];
    rates[key] = [memory * before + all, memory * rightBefore + right];
  }
  return { ...state, rates };
}

function rateKey(curriculum: Curriculum, { index, problem }: AskedProblem): string {
  const by = curriculum.type === 'difficulty' ? curriculum.by : 'problem';
  if (by === 'family') return problem.family;
  if (by === 'difficulty') return problem.difficulty === undefined ? problem.family : String(problem.difficulty);
  return String(index);
}
