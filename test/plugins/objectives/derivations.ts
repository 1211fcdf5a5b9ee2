import type { LossBatch } from '../../../core/conformance/objectiveBench.ts';
import type { PlainToken } from './plainBatch.ts';
import { plainRows } from './plainBatch.ts';

/** A loss derived from its formula alone: in float64, on plain arrays, at other log-probabilities than the batch's where such are given. */
export interface Derivation {
  readonly objective: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly state?: Readonly<Record<string, number>>;
  loss(batch: LossBatch, logps?: ArrayLike<number>): number;
}

type Rows = readonly (readonly PlainToken[])[];

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function clip(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** verl's reductions, shared out as the trainer sums them: over micro-batches, and over the steps of a generation batch. */
const reduce: Readonly<Record<string, (batch: LossBatch, losses: Rows, of: (token: PlainToken) => number) => number>> =
  {
    token_mean: ({ counts }, rows, of) => sum(rows.flat().map(of)) / (counts.globalTokens / counts.stepsPerGeneration),
    micro_batch_token_mean: ({ counts }, rows, of) =>
      sum(rows.flat().map(of)) / counts.localTokens / counts.accumulation,
    sequence_mean: ({ counts }, rows, of) =>
      sum(rows.map((row) => (row.length === 0 ? 0 : sum(row.map(of)) / row.length))) / counts.stepRows,
    sequence_sum: ({ counts }, rows, of) => sum(rows.map((row) => sum(row.map(of)))) / counts.stepRows,
    constant_length: ({ counts }, rows, of) => sum(rows.flat().map(of)) / counts.maxCompletionTokens / counts.stepRows,
  };

function ppo(low: number, high: number): (token: PlainToken) => number {
  return ({ logp, old, advantage }) => {
    const ratio = Math.exp(logp - old);
    return Math.max(-ratio * advantage, -clip(ratio, low, high) * advantage);
  };
}

/** arXiv 1912.09729, equation 5. */
function dualClip(bound: number): (token: PlainToken) => number {
  return (token) => {
    const once = ppo(0.8, 1.2)(token);
    return token.advantage < 0 ? Math.min(once, -bound * token.advantage) : once;
  };
}

/** arXiv 2507.20673, equation 4. */
function geometricMean(batch: LossBatch, rows: Rows, low: number, high: number): number {
  const losses = rows.map((row) => {
    if (row.length === 0) return 0;
    const { advantage } = row[0]!;
    const logs = row.map(({ logp, old }) => {
      const x = logp - old;
      return advantage >= 0 ? Math.min(x, clip(x, -low, high)) : Math.max(x, clip(x, -low, high));
    });
    return -advantage * Math.exp(sum(logs) / row.length);
  });
  return sum(losses) / batch.counts.stepRows;
}

/** Each token's part of the covariance at the batch's own log-probabilities, where the choice is made (arXiv 2505.22617, eq. 10). */
function covariances(batch: LossBatch): readonly number[] {
  const tokens = plainRows(batch).flat();
  const mean = (of: (token: PlainToken) => number): number => sum(tokens.map(of)) / tokens.length;
  const [advantage, logp] = [mean((token) => token.advantage), mean((token) => token.logp)];
  return tokens.map((token) => (token.advantage - advantage) * (token.logp - logp));
}

/** Equation 14, with every n/k-th of the candidates. */
function clipCov(batch: LossBatch, logps: ArrayLike<number> | undefined, phase: number): number {
  const [share, low, high] = [0.2, 0.1, 1];
  const parts = covariances(batch);
  const start = plainRows(batch).flat();
  const candidates = start.flatMap(({ logp, old, advantage }, i) => {
    const ratio = Math.exp(logp - old);
    const isClipped = -clip(ratio, 0.8, 1.2) * advantage > -ratio * advantage;
    return !isClipped && parts[i]! > low && parts[i]! < high ? [i] : [];
  });
  const count = Math.min(Math.max(Math.floor(share * start.length), 1), candidates.length);
  const place = (j: number): number => Math.floor((j * count) / candidates.length + phase);
  const out = new Set(candidates.filter((_, j) => place(j + 1) > place(j)));
  const losses = plainRows(batch, logps)
    .flat()
    .map((token, i) => (out.has(i) ? 0 : ppo(0.8, 1.2)(token)));
  return sum(losses) / (batch.counts.globalTokens / batch.counts.stepsPerGeneration);
}

/** Equation 15. */
function klCov(batch: LossBatch, logps: ArrayLike<number> | undefined, share: number, weight: number): number {
  const parts = covariances(batch);
  const count = Math.max(1, Math.floor(share * parts.length));
  const order = parts.map((_, i) => i).sort((a, b) => parts[b]! - parts[a]! || a - b);
  const held = new Set(order.slice(0, count));
  const losses = plainRows(batch, logps)
    .flat()
    .map(({ logp, old, advantage }, i) => {
      const penalty = held.has(i) ? weight * Math.abs(logp - old) : 0;
      return -Math.exp(logp - old) * advantage + penalty;
    });
  return sum(losses) / (batch.counts.globalTokens / batch.counts.stepsPerGeneration);
}

/** J. Schulman: Approximating KL divergence, 2020; with the ratio as a factor where it is corrected. */
function divergence(estimator: string, isCorrected: boolean): (token: PlainToken) => number {
  const estimates: Readonly<Record<string, (d: number) => number>> = {
    k1: (d) => -d,
    abs: (d) => Math.abs(d),
    k2: (d) => (d * d) / 2,
    k3: (d) => Math.exp(d) - 1 - d,
  };
  return ({ logp, old, reference }) =>
    estimates[estimator]!(reference - logp) * (isCorrected ? Math.exp(logp - old) : 1);
}

const reductionNames = Object.keys(reduce);

/** Losses with their formulas; whatever TRL has is compared with TRL itself. */
export const derivations: readonly Derivation[] = [
  ...reductionNames.map((reduction): Derivation => ({
    objective: 'dual_clip',
    options: { reduction },
    loss: (batch, logps) => reduce[reduction]!(batch, plainRows(batch, logps), dualClip(3)),
  })),
  {
    objective: 'dual_clip',
    options: { clip_ratio_c: 1.5 },
    loss: (batch, logps) => reduce['token_mean']!(batch, plainRows(batch, logps), dualClip(1.5)),
  },
  {
    objective: 'geo_mean',
    options: {},
    loss: (batch, logps) => geometricMean(batch, plainRows(batch, logps), 0.4, 0.4),
  },
  {
    objective: 'geo_mean',
    options: { epsilon: 0.1, epsilon_high: 0.3 },
    loss: (batch, logps) => geometricMean(batch, plainRows(batch, logps), 0.1, 0.3),
  },
  ...[0, 0.3, 0.9].map((phase): Derivation => ({
    objective: 'clip_cov',
    options: { clip_cov_ratio: 0.2, clip_cov_lb: 0.1, clip_cov_ub: 1 },
    state: { phase },
    loss: (batch, logps) => clipCov(batch, logps, phase),
  })),
  ...[
    [2e-4, 1],
    [0.3, 0.5],
    [1, 1],
  ].map(([share = 0, weight = 0]): Derivation => ({
    objective: 'kl_cov',
    options: { kl_cov_ratio: share, ppo_kl_coef: weight },
    loss: (batch, logps) => klCov(batch, logps, share, weight),
  })),
  ...reductionNames.map((reduction): Derivation => ({
    objective: 'gpg',
    options: { reduction },
    // arXiv 2504.02546, equation 6; its alpha and F_norm are in the advantages.
    loss: (batch, logps) =>
      reduce[reduction]!(batch, plainRows(batch, logps), ({ logp, advantage }) => -advantage * logp),
  })),
  {
    objective: 'reinforce_plus_plus',
    options: {},
    // arXiv 2501.03262, equation 1 with the advantages of its equation 9; the KL is in these.
    loss: (batch, logps) => reduce['token_mean']!(batch, plainRows(batch, logps), ppo(0.8, 1.2)),
  },
  {
    objective: 'reinforce_plus_plus',
    options: { kl_in: 'loss', kl_estimator: 'k2', beta: 0.3, baseline: 'group', use_bias_correction_kl: false },
    loss: (batch, logps) =>
      reduce['token_mean']!(
        batch,
        plainRows(batch, logps),
        (token) => ppo(0.8, 1.2)(token) + 0.3 * divergence('k2', false)(token),
      ),
  },
  ...['k1', 'abs', 'k2', 'k3'].flatMap((estimator) =>
    [true, false].map((isCorrected): Derivation => ({
      objective: 'grpo',
      options: { beta: 0.3, kl_estimator: estimator, use_bias_correction_kl: isCorrected },
      loss: (batch, logps) =>
        reduce['sequence_mean']!(
          batch,
          plainRows(batch, logps),
          (token) => ppo(0.8, 1.2)(token) + 0.3 * divergence(estimator, isCorrected)(token),
        ),
    })),
  ),
];
