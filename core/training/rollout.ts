import { RlvrError } from '../errors.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import { packSequences } from '../model/packing.ts';
import { rotaryValues, type RotaryValues } from '../model/rotaryTable.ts';
import type { CompiledGraph, TensorResult } from '../tensor/compile.ts';
import { createGraphCache } from '../tensor/graphCache.ts';
import type { RandomStream } from '../tensor/random.ts';
import { compileDecode, tracksSeen, type DecodeOptions } from './decodeGraph.ts';
import { expandPrompts, extendCache, selectRows, type DecodeCache } from './decodeCache.ts';
import { compilePrefill } from './prefillGraph.ts';
import type { SamplingOptions } from './sampling.ts';

/** One completion, without its prompt. */
export interface Completion {
  readonly prompt: number;
  /** Token ids; a stop token, if one was sampled, is the last. */
  readonly ids: readonly number[];
  /** Log-probability of each token under softmax(logits / temperature). */
  readonly logps: readonly number[];
  /** The same under the distribution that was sampled, filters included. */
  readonly filteredLogps: readonly number[];
  /** Sum over its tokens of the entropy of softmax(logits / temperature), in nats. */
  readonly entropy: number;
  /** Whether a stop token ended it. */
  readonly finished: boolean;
}

/** What to sample. */
export interface GenerationRequest {
  /** Token ids of each distinct prompt. */
  readonly prompts: readonly (readonly number[])[];
  /** The prompt of each completion, with the random numbers that it alone draws from. */
  readonly rows: readonly { readonly prompt: number; readonly random: RandomStream }[];
  readonly maxTokens: number;
  readonly minTokens: number;
  readonly stopIds: readonly number[];
  readonly sampling: SamplingOptions;
  /** Told after every chunk; used for progress and for streaming. */
  readonly onDidDecode?: (done: {
    readonly tokens: number;
    readonly running: number;
    readonly ids: readonly (readonly number[])[];
  }) => void;
  readonly signal?: AbortSignal;
}

/** Merged weights by the names of a decode graph's inputs. */
export type WeightFeeds = Readonly<Record<string, Float32Array>>;

/** Samples completions with a key-value cache. */
export interface Sampler {
  generate(weights: WeightFeeds, request: GenerationRequest): Promise<readonly Completion[]>;
  /** Logits of the token after each prompt, row-major [prompts, vocabulary]. */
  nextLogits(weights: WeightFeeds, prompts: readonly (readonly number[])[]): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Tokens decoded inside one graph call; between calls finished rows leave the batch. */
const chunkTokens = 16;

/** The graph that reads prompts, and decode graphs of a few combinations of sampling options. */
const mostGraphs = 5;

/** A sampler for one model. Graphs are made when first needed, one for each combination of sampling options. */
export function createSampler(config: DecoderConfig): Sampler {
  const graphs = createGraphCache(mostGraphs);
  const withPrefill = <T>(use: (prefill: CompiledGraph) => Promise<T>): Promise<T> =>
    graphs.use('prefill', () => compilePrefill(config), use);
  return {
    generate: async (weights, request) => {
      const options: DecodeOptions = {
        ...request.sampling,
        stopIds: request.stopIds,
        holdsStop: request.minTokens > 0,
      };
      return withPrefill((prefill) =>
        graphs.use(
          JSON.stringify(options),
          () => compileDecode(config, options),
          (decode) => generate({ config, prefill, decode, options, weights, request }),
        ),
      );
    },
    nextLogits: async (weights, prompts) => {
      const table = rotaryValues(
        config,
        prompts.reduce((width, ids) => Math.max(width, ids.length), 1),
      );
      const results = await withPrefill((prefill) => prefillRun(config, prefill, weights, prompts, table));
      return floats(results['logits']);
    },
    release: () => graphs.release(),
  };
}

interface Generation {
  readonly config: DecoderConfig;
  readonly prefill: CompiledGraph;
  readonly decode: CompiledGraph;
  readonly options: DecodeOptions;
  readonly weights: WeightFeeds;
  readonly request: GenerationRequest;
}

interface Row {
  readonly index: number;
  readonly ids: number[];
  readonly logps: number[];
  readonly filteredLogps: number[];
  readonly uniforms: Float32Array;
  entropy: number;
  finished: boolean;
}

interface DecodeState {
  readonly cache: DecodeCache;
  readonly logits: Float32Array;
  readonly positions: Int32Array;
  readonly seen: Float32Array | undefined;
  readonly running: readonly Row[];
}

async function generate(generation: Generation): Promise<readonly Completion[]> {
  const { request, config } = generation;
  const longest = request.prompts.reduce((width, ids) => Math.max(width, ids.length), 0);
  const table = rotaryValues(config, longest + request.maxTokens);
  const rows = request.rows.map(({ random }, index): Row => {
    return {
      index,
      ids: [],
      logps: [],
      filteredLogps: [],
      uniforms: random.uniforms(request.maxTokens),
      entropy: 0,
      finished: false,
    };
  });
  let state = await readPrompts(generation, table, rows);
  for (let done = 0; done < request.maxTokens && state.running.length > 0;) {
    if (request.signal?.aborted === true) throw new RlvrError('run/not-running', 'Sampling was stopped.');
    const turns = Math.min(chunkTokens, request.maxTokens - done);
    state = await decodeChunk(generation, table, state, done, turns);
    done += turns;
    request.onDidDecode?.({
      tokens: rows.reduce((sum, row) => sum + row.ids.length, 0),
      running: state.running.length,
      ids: rows.map((row) => row.ids),
    });
  }
  return rows.map(({ index, ids, logps, filteredLogps, entropy, finished }) => {
    return { prompt: request.rows[index]?.prompt ?? 0, ids, logps, filteredLogps, entropy, finished };
  });
}

function prefillRun(
  config: DecoderConfig,
  prefill: CompiledGraph,
  weights: WeightFeeds,
  prompts: readonly (readonly number[])[],
  table: RotaryValues,
): Promise<Readonly<Record<string, TensorResult>>> {
  const packed = packSequences({ prompts, completions: [] }, config);
  let end = 0;
  const lasts = Int32Array.from(prompts, (ids) => (end += ids.length) - 1);
  return prefill.run(
    { ...weights, ...packed.feeds, cos: table.cos, sin: table.sin, lasts },
    { ...packed.sizes, positions: table.positions },
  );
}

async function readPrompts(
  { config, prefill, weights, request, options }: Generation,
  table: RotaryValues,
  rows: readonly Row[],
): Promise<DecodeState> {
  const { logits, ...cache } = await prefillRun(config, prefill, weights, request.prompts, table);
  const promptOf = request.rows.map(({ prompt }) => prompt);
  const lengths = request.prompts.map((ids) => ids.length);
  const shape = {
    heads: config.keyValueHeads,
    slots: lengths.reduce((width, length) => Math.max(width, length), 1),
    headDim: config.headDim,
  };
  return {
    cache: expandPrompts(floatsOf(cache), lengths, promptOf, shape),
    logits: selectRows(floats(logits), config.vocabularySize, promptOf),
    positions: Int32Array.from(promptOf, (prompt) => lengths[prompt] ?? 0),
    seen: tracksSeen(options) ? seenTokens(request.prompts, promptOf, config.vocabularySize) : undefined,
    running: rows,
  };
}

async function decodeChunk(
  generation: Generation,
  table: RotaryValues,
  state: DecodeState,
  done: number,
  turns: number,
): Promise<DecodeState> {
  const { config, decode, weights, request, options } = generation;
  const { cache, running } = state;
  const count = running.length;
  const uniforms = new Float32Array(turns * count);
  running.forEach((row, i) => {
    for (let turn = 0; turn < turns; turn++) uniforms[turn * count + i] = row.uniforms[done + turn] ?? 0;
  });
  const held = Float32Array.from({ length: turns }, (_, turn) => (done + turn < request.minTokens ? 1 : 0));
  const feeds = {
    ...weights,
    ...Object.fromEntries(Object.entries(cache.tensors).map(([name, values]) => [`past.${name}`, values])),
    cos: table.cos,
    sin: table.sin,
    logits: state.logits,
    pastBias: cache.bias,
    positions: state.positions,
    uniforms,
    turns: Int32Array.of(turns),
    empty: new Float32Array(),
    ...(options.holdsStop ? { stopsHeld: held } : {}),
    ...(state.seen === undefined ? {} : { seen: state.seen }),
  };
  const sizes = { rows: count, past: cache.slots, chunk: turns, positions: table.positions, none: 0 };
  const { ids, logps, filteredLogps, entropies, logits, seen, ...recent } = await decode.run(feeds, sizes);
  const turnsDone = ids?.shape[0] ?? 0;
  const decoded = {
    ids: ids?.data ?? [],
    logps: floats(logps),
    filteredLogps: floats(filteredLogps),
    entropies: floats(entropies),
  };
  record(running, request.stopIds, turnsDone, decoded);
  const keep = running.flatMap((row, i) => (row.finished ? [] : [i]));
  return {
    cache: keep.length === 0 ? cache : extendCache(cache, floatsOf(recent), turnsDone, keep),
    logits: selectRows(floats(logits), config.vocabularySize, keep),
    positions: Int32Array.from(keep, (i) => (state.positions[i] ?? 0) + turnsDone),
    seen: state.seen === undefined ? undefined : selectRows(floats(seen), config.vocabularySize, keep),
    running: keep.map((i) => running[i] as Row),
  };
}

/** What a chunk gave for each turn and row, [turns, rows]. */
interface Decoded {
  readonly ids: ArrayLike<number>;
  readonly logps: Float32Array;
  readonly filteredLogps: Float32Array;
  readonly entropies: Float32Array;
}

/** Appends a chunk's tokens to their rows, up to and including the first stop token. */
function record(running: readonly Row[], stopIds: readonly number[], turns: number, decoded: Decoded): void {
  const stops = new Set(stopIds);
  running.forEach((row, i) => {
    for (let turn = 0; turn < turns && !row.finished; turn++) {
      const place = turn * running.length + i;
      const id = decoded.ids[place] ?? 0;
      row.ids.push(id);
      row.logps.push(decoded.logps[place] ?? NaN);
      row.filteredLogps.push(decoded.filteredLogps[place] ?? NaN);
      row.entropy += decoded.entropies[place] ?? NaN;
      row.finished = stops.has(id);
    }
  });
}

function seenTokens(
  prompts: readonly (readonly number[])[],
  promptOf: readonly number[],
  vocabulary: number,
): Float32Array {
  const seen = new Float32Array(promptOf.length * vocabulary);
  promptOf.forEach((prompt, row) => {
    for (const id of prompts[prompt] ?? []) seen[row * vocabulary + id] = 1;
  });
  return seen;
}

function floats(result: TensorResult | undefined): Float32Array {
  if (!(result?.data instanceof Float32Array))
    throw new RlvrError('tensor/run', 'The graph gave no float32 values where they were expected.');
  return result.data;
}

function floatsOf(results: Readonly<Record<string, TensorResult>>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, floats(result)]));
}
