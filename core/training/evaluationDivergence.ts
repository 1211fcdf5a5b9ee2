import type { EvaluatedCompletion } from './evaluate.ts';
import type { Learner } from './learner.ts';
import { cutMicroBatches, type TrainingRow } from './microBatch.ts';

/** How far a policy is from the base, in nats, estimated on completions that it sampled. */
export interface Divergence {
  /** Mean over tokens of logp_policy - logp_base (the k1 estimate). */
  readonly perToken: number;
  /** Mean over tokens of the k3 estimate, exp(d) - d - 1 with d = logp_base - logp_policy: never negative, and with less spread. */
  readonly perTokenK3: number;
  /** Mean over completions of the sum of logp_policy - logp_base. */
  readonly perSequence: number;
  /** Standard error of `perSequence`; 0 for a single completion. */
  readonly standardError: number;
  /** Completions that it was estimated on. */
  readonly sequences: number;
}

/** Completions that are scored under the base: enough for an error of a few percent, cheap beside the evaluation. */
const mostSequences = 256;

/**
 * The KL of the policy that sampled `completions` from the base without adapter, at the temperature of sampling and without filters such
 * as top p. One completion of a problem, spread evenly over the problems where there are more than 256.
 */
export async function evaluationDivergence(
  learner: Pick<Learner, 'score'>,
  completions: readonly EvaluatedCompletion[],
  temperature: number,
  microBatchTokens: number,
): Promise<Divergence | undefined> {
  const rows = scoredRows(completions);
  const differences: number[] = [];
  let k3 = 0;
  for (const { rows: part } of cutMicroBatches(rows, microBatchTokens)) {
    // Greedy completions are sampled with log-probabilities at temperature 1.
    const base = await learner.score(part, temperature === 0 ? 1 : temperature, false);
    part.forEach(({ policyLogps }, i) => {
      const tokens = policyLogps.map((logp, token) => logp - (base[i]?.[token] ?? NaN));
      differences.push(tokens.reduce((sum, difference) => sum + difference, 0));
      k3 += tokens.reduce((sum, difference) => sum + Math.exp(-difference) + difference - 1, 0);
    });
  }
  if (differences.length === 0) return undefined;
  const total = differences.reduce((sum, difference) => sum + difference, 0);
  const tokens = rows.reduce((sum, { ids }) => sum + ids.length, 0);
  const count = differences.length;
  const mean = total / count;
  const squares = differences.reduce((sum, difference) => sum + (difference - mean) ** 2, 0);
  return {
    perToken: total / tokens,
    perTokenK3: k3 / tokens,
    perSequence: mean,
    standardError: count < 2 ? 0 : Math.sqrt(squares / (count - 1) / count),
    sequences: count,
  };
}

function scoredRows(completions: readonly EvaluatedCompletion[]): readonly TrainingRow[] {
  const firsts = [...new Map([...completions].reverse().map((own) => [own.prompt, own])).values()].reverse();
  const count = Math.min(mostSequences, firsts.length);
  const chosen = Array.from({ length: count }, (_, i) => firsts[Math.floor((i * firsts.length) / count)]);
  return chosen.flatMap((own) => {
    if (own === undefined) return [];
    const { ids, logps } = own.completion;
    const row = { prompt: own.prompt.ids, ids, advantage: 0, active: true };
    return [{ ...row, policyLogps: logps, samplingLogps: logps, oldLogps: logps }];
  });
}
