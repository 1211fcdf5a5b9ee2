import type { HeadCounts } from '../model/packing.ts';
import { packSequences } from '../model/packing.ts';
import type { TensorData } from '../tensor/compile.ts';

/** One completion as training sees it. */
export interface TrainingRow {
  /** Token ids of its prompt; rows of a group share the array, which is how a shared prompt is recognised. */
  readonly prompt: readonly number[];
  readonly ids: readonly number[];
  /** Log-probabilities under the policy that sampled, filters aside, one per token. */
  readonly policyLogps: readonly number[];
  /** Under the distribution that was sampled: the same where nothing was filtered. */
  readonly samplingLogps: readonly number[];
  /** Under the policy that the ratio starts from. */
  readonly oldLogps: readonly number[];
  readonly referenceLogps?: readonly number[];
  readonly advantage: number;
  /** One per token, where the estimator gives these. */
  readonly tokenAdvantages?: readonly number[];
  /** False: its tokens take no part in the loss (a truncated completion that is masked). */
  readonly active: boolean;
}

/** Index arrays and sizes of some rows laid out for a graph. */
export interface MicroBatch {
  readonly rows: readonly TrainingRow[];
  /** Tokens computed: completions, and every distinct prompt once. */
  readonly tokens: number;
}

/** Feeds and sizes of a graph call. */
export interface BatchFeeds {
  readonly feeds: Readonly<Record<string, TensorData>>;
  readonly sizes: Readonly<Record<string, number>>;
}

/**
 * Cuts rows into micro-batches of about `tokens` tokens or fewer, of nearly equal size. Rows of one prompt stay together, so that it is
 * computed once, and prompts whose completions are of similar length lie next to each other, so that little of attention is padding.
 * The order depends on the data alone.
 */
export function cutMicroBatches(rows: readonly TrainingRow[], tokens: number): readonly MicroBatch[] {
  const groups = groupsByLength(rows);
  const total = groups.reduce((sum, group) => sum + tokensOf(group), 0);
  const share = total / Math.max(Math.ceil(total / tokens), 1);
  const batches: TrainingRow[][] = [];
  let done = 0;
  for (const group of groups) {
    group.forEach((row, i) => {
      // A batch is begun by the first row that starts in its share of the tokens.
      if (done >= share * batches.length) batches.push([]);
      batches.at(-1)?.push(row);
      done += row.ids.length + (i === 0 ? row.prompt.length : 0);
    });
  }
  return batches.map((own) => ({ rows: own, tokens: tokensOf(own) }));
}

/** Rows by their prompt, the groups and the rows in each from the shortest completion to the longest. */
function groupsByLength(rows: readonly TrainingRow[]): readonly (readonly TrainingRow[])[] {
  const byPrompt = new Map<readonly number[], TrainingRow[]>();
  for (const row of rows) byPrompt.set(row.prompt, [...(byPrompt.get(row.prompt) ?? []), row]);
  const longest = (group: readonly TrainingRow[]): number => group.at(-1)?.ids.length ?? 0;
  return [...byPrompt.values()]
    .map((group) => group.toSorted((a, b) => a.ids.length - b.ids.length))
    .toSorted((a, b) => longest(a) - longest(b));
}

/** Tokens that are computed for some rows. */
function tokensOf(rows: readonly TrainingRow[]): number {
  const prompts = [...new Set(rows.map(({ prompt }) => prompt))];
  return [...prompts, ...rows.map(({ ids }) => ids)].reduce((sum, ids) => sum + ids.length, 0);
}

/** Feeds for the packed sequences of a micro-batch. */
export function sequenceFeeds(rows: readonly TrainingRow[], counts: HeadCounts): BatchFeeds {
  const prompts = [...new Set(rows.map((row) => row.prompt))];
  const indexOf = new Map(prompts.map((prompt, index) => [prompt, index]));
  const completions = rows.map((row) => ({ prompt: indexOf.get(row.prompt) ?? 0, ids: row.ids }));
  return packSequences({ prompts, completions }, counts);
}

/** Feeds for the loss: where each token stands in [rows, width], and what is known of it. */
export function lossFeeds(rows: readonly TrainingRow[]): Readonly<Record<string, TensorData>> {
  const width = rows.reduce((widest, row) => Math.max(widest, row.ids.length), 1);
  const tokens = rows.reduce((sum, row) => sum + row.ids.length, 0);
  const tokenAt = new Int32Array(rows.length * width);
  const placeOf = new Int32Array(tokens);
  const padded = { mask: pad(rows, width, (row) => row.ids.map(() => (row.active ? 1 : 0))) };
  let token = 0;
  rows.forEach((row, r) => {
    tokenAt.fill(token, r * width, (r + 1) * width);
    for (let t = 0; t < row.ids.length; t++) {
      tokenAt[r * width + t] = token;
      placeOf[token] = r * width + t;
      token++;
    }
  });
  const hasReference = rows.every((row) => row.referenceLogps !== undefined);
  const hasTokenAdvantages = rows.every((row) => row.tokenAdvantages !== undefined);
  return {
    ...padded,
    tokenAt,
    placeOf,
    oldLogps: pad(rows, width, (row) => row.oldLogps),
    policyLogps: pad(rows, width, (row) => row.policyLogps),
    samplingLogps: pad(rows, width, (row) => row.samplingLogps),
    ...(hasTokenAdvantages ? { tokenAdvantages: pad(rows, width, (row) => row.tokenAdvantages ?? []) } : {}),
    ...(hasReference ? { referenceLogps: pad(rows, width, (row) => row.referenceLogps ?? []) } : {}),
    advantages: Float32Array.from(rows, (row) => row.advantage),
  };
}

/** Number of tokens that take part in the loss. */
export function activeTokens(rows: readonly TrainingRow[]): number {
  return rows.reduce((sum, row) => sum + (row.active ? row.ids.length : 0), 0);
}

function pad(
  rows: readonly TrainingRow[],
  width: number,
  values: (row: TrainingRow) => readonly number[],
): Float32Array {
  const target = new Float32Array(rows.length * width);
  rows.forEach((row, r) => {
    target.set(values(row), r * width);
  });
  return target;
}
