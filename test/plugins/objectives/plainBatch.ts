import type { LossBatch } from '../../../core/conformance/objectiveBench.ts';
import { randomStream } from '../../../core/tensor/random.ts';

/** An active token of a batch, in float64. */
export interface PlainToken {
  readonly row: number;
  readonly logp: number;
  readonly old: number;
  readonly reference: number;
  readonly advantage: number;
}

/** Lengths of the sequences of `plainBatch`; the fourth is masked. */
const lengths = [7, 3, 5, 0, 1, 6];
const columns = 7;

/** Six sequences with ratios on both sides of every bound, one of them masked, and advantages of both signs. */
export function plainBatch(seed: number, isPerToken = false): LossBatch {
  const random = randomStream(seed, 'plain batch');
  const rows = lengths.length;
  const mask = Float32Array.from({ length: rows * columns }, (_, i) =>
    Number(i % columns < (lengths[Math.floor(i / columns)] ?? 0)),
  );
  const logps = random.uniforms(mask.length).map((u) => -3 * u - 0.05);
  const moved = (scale: number): Float32Array => random.normals(mask.length).map((z, i) => (logps[i] ?? 0) + scale * z);
  const tokens = mask.reduce((sum, value) => sum + value, 0);
  const batch = {
    rows,
    columns,
    logps,
    oldLogps: moved(0.8),
    referenceLogps: moved(0.5),
    samplingLogps: moved(0.1),
    entropies: random.uniforms(mask.length),
    mask,
    advantages: Float32Array.of(1.2, -0.8, 0.5, 0.9, -1.5, -0.3),
    counts: {
      rows,
      localTokens: tokens,
      // A second micro-batch of the step, and another step of the generation batch, are elsewhere.
      globalTokens: 3 * tokens + 4,
      stepRows: rows + 4,
      stepsPerGeneration: 2,
      accumulation: 2,
      maxCompletionTokens: 9,
    },
  };
  return isPerToken ? { ...batch, tokenAdvantages: random.normals(mask.length) } : batch;
}

/** The batch's active tokens by row, with other log-probabilities where such are given. */
export function plainRows(
  batch: LossBatch,
  logps: ArrayLike<number> = batch.logps,
): readonly (readonly PlainToken[])[] {
  return [...batch.advantages.keys()].map((row) =>
    Array.from({ length: batch.columns }, (_, column) => row * batch.columns + column)
      .filter((place) => batch.mask[place] === 1)
      .map((place) => ({
        row,
        logp: logps[place]!,
        old: batch.oldLogps[place]!,
        reference: batch.referenceLogps[place]!,
        advantage: batch.tokenAdvantages?.[place] ?? batch.advantages[row]!,
      })),
  );
}

/** The slopes of `loss` at the batch's log-probabilities, by central differences in float64. */
export function slopes(batch: LossBatch, loss: (logps: ArrayLike<number>) => number): Float64Array {
  const step = 1e-6;
  const at = (place: number, by: number): number =>
    loss(Float64Array.from(batch.logps, (value, i) => (i === place ? value + by : value)));
  return Float64Array.from(batch.logps, (_, place) => (at(place, step) - at(place, -step)) / (2 * step));
}
