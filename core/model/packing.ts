/**
 * Sequences of tokens laid out for the decoder: prompts one after another, then completions one after another, without padding. A prompt
 * that several completions share is computed once.
 */
export interface SequenceBatch {
  /** Token ids of each distinct prompt; none is empty. */
  readonly prompts: readonly (readonly number[])[];
  /** Completions with the index of the prompt they continue. May be none. */
  readonly completions: readonly { readonly prompt: number; readonly ids: readonly number[] }[];
}

/** Numbers of heads, which the gathers of attention need. */
export interface HeadCounts {
  readonly heads: number;
  readonly keyValueHeads: number;
}

/** Names of the sizes that a graph over packed sequences leaves open. */
export const packedSizeNames = {
  tokens: 'tokens',
  prompts: 'prompts',
  promptTokens: 'promptTokens',
  promptWidth: 'promptWidth',
  completions: 'completions',
  completionTokens: 'completionTokens',
  completionWidth: 'completionWidth',
  predictorSources: 'predictorSources',
} as const;

/** Sizes and index arrays of a packed batch; the names of the feeds are those of packedInputs. */
export interface PackedBatch {
  readonly sizes: Readonly<Record<string, number>>;
  readonly feeds: Readonly<Record<string, Int32Array | Float32Array>>;
}

/** Lays out a batch. Completions must not be empty lists of tokens. */
export function packSequences(batch: SequenceBatch, counts: HeadCounts): PackedBatch {
  const completionIds = batch.completions.map((completion) => completion.ids);
  const prompts = extentOf(batch.prompts);
  const completions = extentOf(completionIds);
  const positionsFrom = batch.completions.map(({ prompt }) => batch.prompts[prompt]?.length ?? 0);
  const sizes: Record<string, number> = {
    tokens: prompts.tokens + completions.tokens,
    prompts: batch.prompts.length,
    promptTokens: prompts.tokens,
    promptWidth: prompts.width,
  };
  const feeds: Record<string, Int32Array | Float32Array> = {
    ids: Int32Array.from([...batch.prompts, ...completionIds].flat()),
    positions: Int32Array.from([...positionsOf(batch.prompts, []), ...positionsOf(completionIds, positionsFrom)]),
    'prompt.slots': slots(prompts.width),
    ...headFeeds('prompt', batch.prompts, prompts.width, counts),
  };
  if (completionIds.length > 0) {
    Object.assign(sizes, {
      completions: completionIds.length,
      completionTokens: completions.tokens,
      completionWidth: completions.width,
      predictorSources: completionIds.length + completions.tokens,
    });
    Object.assign(feeds, {
      'completion.slots': slots(completions.width),
      'completion.prompt': Int32Array.from(batch.completions, ({ prompt }) => prompt),
      'prompt.lengths': Int32Array.from(batch.prompts, (ids) => ids.length),
      membership: membership(batch),
      ...headFeeds('completion', completionIds, completions.width, counts),
      ...predictorFeeds(batch),
    });
  }
  return { sizes, feeds };
}

function extentOf(sequences: readonly (readonly number[])[]): { tokens: number; width: number } {
  const tokens = sequences.reduce((sum, ids) => sum + ids.length, 0);
  return { tokens, width: sequences.reduce((widest, ids) => Math.max(widest, ids.length), 1) };
}

function positionsOf(sequences: readonly (readonly number[])[], from: readonly number[]): number[] {
  return sequences.flatMap((ids, row) => ids.map((_, i) => i + (from[row] ?? 0)));
}

function slots(width: number): Int32Array {
  return Int32Array.from({ length: width }, (_, i) => i);
}

/**
 * Where attention finds each head's vectors: `queries` [rows, heads, width] and `keys` [rows, keyValueHeads, width] index the part's
 * tokens * heads vectors, padding points at the row's first token; `outputs` [tokens, heads] and `keyPlaces`
 * [tokens, keyValueHeads] lead back.
 * `places` is `queries` with padding past the end, for gradients: nothing may flow into padding.
 */
function headFeeds(
  part: string,
  sequences: readonly (readonly number[])[],
  width: number,
  counts: HeadCounts,
): Record<string, Int32Array> {
  const query = headIndices(sequences, width, counts.heads);
  const key = headIndices(sequences, width, counts.keyValueHeads);
  return {
    [`${part}.queries`]: query.padded,
    [`${part}.places`]: query.places,
    [`${part}.outputs`]: query.back,
    [`${part}.keys`]: key.padded,
    [`${part}.keyPlaces`]: key.back,
  };
}

interface HeadIndices {
  readonly padded: Int32Array;
  readonly places: Int32Array;
  readonly back: Int32Array;
}

function headIndices(sequences: readonly (readonly number[])[], width: number, heads: number): HeadIndices {
  const tokens = sequences.reduce((sum, ids) => sum + ids.length, 0);
  const padded = new Int32Array(sequences.length * heads * width);
  const places = new Int32Array(padded.length).fill(tokens * heads);
  const back = new Int32Array(tokens * heads);
  let first = 0;
  sequences.forEach((ids, row) => {
    for (let head = 0; head < heads; head++) {
      const start = (row * heads + head) * width;
      padded.fill(first * heads + head, start, start + width);
      for (let i = 0; i < ids.length; i++) {
        const vector = (first + i) * heads + head;
        padded[start + i] = vector;
        places[start + i] = vector;
        back[vector] = start + i;
      }
    }
    first += ids.length;
  });
  return { padded, places, back };
}

/** 1 where a completion continues a prompt. [prompts, completions] */
function membership({ prompts, completions }: SequenceBatch): Float32Array {
  const matrix = new Float32Array(prompts.length * completions.length);
  completions.forEach(({ prompt }, row) => {
    matrix[prompt * completions.length + row] = 1;
  });
  return matrix;
}

/**
 * Which hidden state predicts each completion token: the prompt's last one for the first token, the token before for the others.
 * `lastOfPrompt` [prompts] and `lastOfPromptBack` index prompt tokens; `predictors` [completionTokens] indexes the list made of each
 * completion's first predictor [completions] followed by the hidden states of all completion tokens; `predictorsBack` leads from that
 * list to the places.
 * Its last entry per completion (the last token predicts nothing) and the prompt tokens but the last go to a place that gets no gradient:
 * index `completionTokens`, which the decoder appends as zeros.
 */
function predictorFeeds({ prompts, completions }: SequenceBatch): Record<string, Int32Array> {
  const rows = completions.length;
  const tokens = completions.reduce((sum, { ids }) => sum + ids.length, 0);
  const promptTokens = prompts.reduce((sum, ids) => sum + ids.length, 0);
  const predictors = new Int32Array(tokens);
  const predictorsBack = new Int32Array(rows + tokens).fill(tokens);
  const lastOfPrompt = new Int32Array(prompts.length);
  const lastOfPromptBack = new Int32Array(promptTokens).fill(prompts.length);
  let token = 0;
  completions.forEach(({ ids }, row) => {
    for (let i = 0; i < ids.length; i++) {
      const source = i === 0 ? row : rows + token + i - 1;
      predictors[token + i] = source;
      predictorsBack[source] = token + i;
    }
    token += ids.length;
  });
  let end = 0;
  prompts.forEach((ids, prompt) => {
    end += ids.length;
    lastOfPrompt[prompt] = end - 1;
    lastOfPromptBack[end - 1] = prompt;
  });
  return { predictors, predictorsBack, lastOfPrompt, lastOfPromptBack };
}
