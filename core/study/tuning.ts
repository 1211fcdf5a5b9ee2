import type { TuningDefinition } from './studySchema.ts';

/** What a tuning trial is for: a rate, tried for so many steps with a seed. */
export interface TuningTrial {
  readonly learningRate: number;
  readonly steps: number;
  readonly seed: number;
}

/** Accuracy on the selection split that a tuning trial came to; `failed` where it broke; undefined where it has not ended. */
export type TuningOutcome = (trial: TuningTrial) => number | 'failed' | undefined;

/** A rate that was tried. */
export interface TuningCandidate {
  readonly learningRate: number;
  readonly steps: number;
  /** By seed, in order. */
  readonly scores: readonly (number | 'failed')[];
  /** Mean of the scores, a failed trial counting as no accuracy at all. */
  readonly mean: number;
}

/** How far the choice of a rate is. */
export interface TuningState {
  /** Trials of the stage at hand that have not ended. */
  readonly wanted: readonly TuningTrial[];
  /** Rates that were tried, by steps and then by rate. */
  readonly candidates: readonly TuningCandidate[];
  /** The rate chosen; undefined while trials are wanted, or where all have failed. */
  readonly chosen?: number;
  /** Whether the best rate is the smallest or the largest of all that were tried. */
  readonly isAtEdge?: boolean;
}

/**
 * Chooses a learning rate: successive halving over the grid (every rate for the steps of the first rung, the better share of them for
 * those of the next, and so on), then `extend` more rates for the last rung's steps, each beyond the edge where the best lies at one, else
 * between the best and its better neighbour, so that every method gets the same number of trials. Equal means: the smaller rate is better.
 * Depends on the outcomes alone, so it comes to the same however often it was interrupted.
 */
export function chooseRate(
  grid: readonly number[],
  { steps, keep, extend }: Pick<TuningDefinition, 'steps' | 'keep' | 'extend'>,
  seeds: readonly number[],
  outcome: TuningOutcome,
): TuningState {
  let rates = grid;
  const candidates: TuningCandidate[] = [];
  for (const [rung, count] of steps.entries()) {
    const tried = tryRates(rates, count, seeds, outcome);
    candidates.push(...tried.candidates);
    if (tried.wanted.length > 0) return { wanted: tried.wanted, candidates };
    if (rung + 1 < steps.length) {
      const kept = byQuality(tried.candidates).slice(0, Math.max(1, Math.ceil(rates.length * keep)));
      rates = kept.map(({ learningRate }) => learningRate).sort((a, b) => a - b);
    }
  }
  const last = steps.at(-1) ?? 1;
  for (let round = 0; round < extend; round++) {
    const next = nextRate(candidates, last);
    if (next === undefined) break;
    const tried = tryRates([next], last, seeds, outcome);
    candidates.push(...tried.candidates);
    if (tried.wanted.length > 0) return { wanted: tried.wanted, candidates };
  }
  const [best] = byQuality(candidates.filter((each) => each.steps === last));
  if (best === undefined || isBroken(best)) return { wanted: [], candidates };
  const all = triedRates(candidates);
  const isAtEdge = best.learningRate === all[0] || best.learningRate === all.at(-1);
  return { wanted: [], candidates, chosen: best.learningRate, isAtEdge };
}

/** How many trials each method gets. */
export function tuningTrialCount(
  gridSize: number,
  { steps, keep, extend }: Pick<TuningDefinition, 'steps' | 'keep' | 'extend'>,
  seeds: number,
): readonly { readonly steps: number; readonly trials: number }[] {
  let size = gridSize;
  return steps.map((count, rung) => {
    if (rung > 0) size = Math.max(1, Math.ceil(size * keep));
    const isLast = rung + 1 === steps.length;
    return { steps: count, trials: (size + (isLast ? extend : 0)) * seeds };
  });
}

function tryRates(
  rates: readonly number[],
  steps: number,
  seeds: readonly number[],
  outcome: TuningOutcome,
): Pick<TuningState, 'wanted' | 'candidates'> {
  const trials = rates.map((learningRate) =>
    seeds.map((seed) => {
      const trial: TuningTrial = { learningRate, steps, seed };
      return { trial, value: outcome(trial) };
    }),
  );
  const wanted = trials.flat().flatMap(({ trial, value }) => (value === undefined ? [trial] : []));
  const candidates = trials.flatMap((ofRate): TuningCandidate[] => {
    const [first] = ofRate;
    const values = ofRate.flatMap(({ value }) => (value === undefined ? [] : [value]));
    if (first === undefined || values.length < ofRate.length) return [];
    const mean = values.reduce<number>((sum, value) => sum + (value === 'failed' ? 0 : value), 0) / values.length;
    return [{ learningRate: first.trial.learningRate, steps, scores: values, mean }];
  });
  return { wanted, candidates };
}

/** Best first: by steps survived, then mean, then the smaller rate; what failed with every seed last. */
function byQuality(candidates: readonly TuningCandidate[]): readonly TuningCandidate[] {
  return [...candidates].sort(
    (a, b) =>
      Number(isBroken(a)) - Number(isBroken(b)) ||
      b.steps - a.steps ||
      b.mean - a.mean ||
      a.learningRate - b.learningRate,
  );
}

/** Whether a rate failed with every seed. */
export function isBroken({ scores }: TuningCandidate): boolean {
  return scores.every((score) => score === 'failed');
}

function triedRates(candidates: readonly TuningCandidate[]): readonly number[] {
  return [...new Set(candidates.map(({ learningRate }) => learningRate))].sort((a, b) => a - b);
}

function nextRate(candidates: readonly TuningCandidate[], last: number): number | undefined {
  const [best] = byQuality(candidates.filter(({ steps }) => steps === last));
  const all = triedRates(candidates);
  const [low, second] = all;
  const [high, before] = [all.at(-1), all.at(-2)];
  if (best === undefined || low === undefined || second === undefined || high === undefined || before === undefined)
    return undefined;
  const { learningRate } = best;
  if (learningRate === low) return rounded((low * low) / second);
  if (learningRate === high) return rounded((high * high) / before);
  const at = all.indexOf(learningRate);
  const neighbours = [all[at - 1], all[at + 1]];
  const [better] = byQuality(candidates.filter((each) => neighbours.includes(each.learningRate)));
  return better && rounded(Math.sqrt(learningRate * better.learningRate));
}

/** Three digits: rates that people can read and write. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(3));
}
