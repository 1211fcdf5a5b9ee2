import { createHash } from 'node:crypto';
import type { CalibrationRequest, LayerCalibration } from '../contracts/adapter.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { weightPrefix } from '../model/baseLayers.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { packSequences } from '../model/packing.ts';
import { rotaryValues } from '../model/rotaryTable.ts';
import type { CompiledGraph, TensorData, TensorResult } from '../tensor/compile.ts';
import { randomStream } from '../tensor/random.ts';
import { valueCount } from '../valueCount.ts';
import { compileActivations, compileGradients } from './calibrationGraphs.ts';
import { calibrationBatches, type CalibrationBatch, type CalibrationText } from './calibrationData.ts';

/** Values that the rows of all layers take at most; where there would be more, each batch keeps a random part of its rows. */
const mostValues = 2 ** 26;
/** Values of the gradients that one graph computes at most: the layers are taken in groups. */
const groupValues = 2 ** 26;

/** Data of the base model on training data, for one adapter. */
export interface Calibration {
  readonly layers: ReadonlyMap<string, LayerCalibration>;
  /** Of all values, so that a run can say what its start was made from. */
  readonly hash: string;
}

/** What calibration is collected for. */
export interface CalibrationOptions {
  readonly request: CalibrationRequest;
  /** Layers of the adapter; only those that are linear are looked at. */
  readonly targets: readonly TargetLayer[];
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onDidProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Runs the base over training data and keeps what a start needs: rows of each layer's inputs, or the mean gradient of the next-token loss
 * with respect to each weight. The same seed and data give the same batches and rows.
 *
 * @throws RlvrError `dataset/empty` where no sequence has two tokens, `run/not-running` where it was stopped, `training/not-finite`
 */
export async function collectCalibration(
  checkpoint: Checkpoint,
  text: CalibrationText,
  options: CalibrationOptions,
): Promise<Calibration> {
  const batches = calibrationBatches(text, options.request.batches, options.seed);
  if (batches.length === 0) {
    const message = 'The training data has no sequence of two tokens or more to calibrate the adapter with.';
    throw new RlvrError('dataset/empty', message, { wanted: options.request.batches });
  }
  const targets = options.targets.filter(({ kind }) => kind === 'linear');
  const collect = options.request.kind === 'activations' ? activations : gradients;
  const layers = await collect(checkpoint, batches, { ...options, targets });
  return { layers, hash: hashOf(layers) };
}

/** Feeds of the base over a batch: each sequence is its first token as prompt, and the others as completion. */
function feedsOf({ config, weights }: Checkpoint): (batch: CalibrationBatch) => {
  readonly feeds: Readonly<Record<string, TensorData>>;
  readonly sizes: Readonly<Record<string, number>>;
} {
  const base = Object.fromEntries([...weights].map(([name, { data }]) => [weightPrefix + name, data]));
  return (batch) => {
    const { feeds, sizes } = packSequences(
      {
        prompts: batch.map((ids) => ids.slice(0, 1)),
        completions: batch.map((ids, prompt) => ({ prompt, ids: ids.slice(1) })),
      },
      config,
    );
    const width = Math.max(...batch.map(({ length }) => length));
    const { cos, sin, positions } = rotaryValues(config, width);
    return { feeds: { ...base, ...feeds, cos, sin }, sizes: { ...sizes, positions } };
  };
}

/** One batch after the other, with a word of how far it is; stops where it is told to. */
async function* outputs(
  graph: CompiledGraph,
  checkpoint: Checkpoint,
  batches: readonly CalibrationBatch[],
  { signal, onDidProgress }: CalibrationOptions,
  [done, total]: readonly [number, number],
): AsyncGenerator<Readonly<Record<string, TensorResult>>> {
  const feedBatch = feedsOf(checkpoint);
  for (const [i, batch] of batches.entries()) {
    if (signal?.aborted === true) throw new RlvrError('run/not-running', 'Calibration was stopped.');
    onDidProgress?.(done + i, total);
    const { feeds, sizes } = feedBatch(batch);
    yield await graph.run(feeds, sizes);
  }
  onDidProgress?.(done + batches.length, total);
}

function floatsOf(results: Readonly<Record<string, TensorResult>>, name: string): Float32Array {
  const data = results[name]?.data;
  if (data instanceof Float32Array && data.every(Number.isFinite)) return data;
  throw new RlvrError('training/not-finite', `Calibration gave values for ${name} that are not finite numbers.`, {
    layer: name,
  });
}

async function activations(
  checkpoint: Checkpoint,
  batches: readonly CalibrationBatch[],
  options: CalibrationOptions,
): Promise<ReadonlyMap<string, LayerCalibration>> {
  const { graph, outputOf } = await compileActivations(checkpoint.config, options.targets);
  const columns = new Map(options.targets.map(({ name, shape }) => [name, shape[1] ?? 0]));
  const distinct = new Set(outputOf.values());
  const width = [...distinct].reduce((sum, name) => sum + (columns.get(name) ?? 0), 0);
  const most = Math.max(Math.floor(mostValues / (width * batches.length)), 1);
  const parts = new Map<string, Float32Array[]>([...distinct].map((name) => [name, []]));
  try {
    let batch = 0;
    for await (const results of outputs(graph, checkpoint, batches, options, [0, batches.length])) {
      for (const [name, own] of parts) {
        const random = randomStream(options.seed, 'calibration', 'rows', batch);
        own.push(
          chosenRows(floatsOf(results, name), columns.get(name) ?? 1, (rows) => chosenPlaces(rows, most, random)),
        );
      }
      batch++;
    }
  } finally {
    await graph.release();
  }
  const joined = new Map([...parts].map(([name, own]) => [name, joinedRows(own, columns.get(name) ?? 1)]));
  return new Map([...outputOf].map(([layer, name]) => [layer, joined.get(name) as LayerCalibration]));
}

/** Which rows of a batch are kept, in order; all where there are no more than `most`. */
function chosenPlaces(rows: number, most: number, random: { permutation(count: number): number[] }): readonly number[] {
  const all = Array.from({ length: rows }, (_, row) => row);
  return rows <= most
    ? all
    : random
        .permutation(rows)
        .slice(0, most)
        .sort((a, b) => a - b);
}

function chosenRows(values: Float32Array, columns: number, choose: (rows: number) => readonly number[]): Float32Array {
  const places = choose(values.length / columns);
  if (places.length * columns === values.length) return values;
  const kept = new Float32Array(places.length * columns);
  places.forEach((row, i) => {
    kept.set(values.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return kept;
}

function joinedRows(parts: readonly Float32Array[], columns: number): LayerCalibration {
  const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return { kind: 'activations', values, batchRows: parts.map(({ length }) => length / columns) };
}

async function gradients(
  checkpoint: Checkpoint,
  batches: readonly CalibrationBatch[],
  options: CalibrationOptions,
): Promise<ReadonlyMap<string, LayerCalibration>> {
  const groups = groupsOf(options.targets);
  const layers = new Map<string, LayerCalibration>();
  for (const [i, group] of groups.entries()) {
    const progress = [i * batches.length, groups.length * batches.length] as const;
    const means = await meanGradients(checkpoint, batches, { ...options, targets: group }, progress);
    for (const [name, values] of means) layers.set(name, { kind: 'gradients', values });
  }
  return layers;
}

/** The gradient of the mean loss of all predicted tokens, whatever batch they are in. */
async function meanGradients(
  checkpoint: Checkpoint,
  batches: readonly CalibrationBatch[],
  options: CalibrationOptions,
  progress: readonly [number, number],
): Promise<ReadonlyMap<string, Float32Array>> {
  const predicted = batches.flat().reduce((sum, ids) => sum + ids.length - 1, 0);
  const sums = new Map(options.targets.map(({ name, shape }) => [name, new Float32Array(valueCount(shape))]));
  const graph = await compileGradients(checkpoint.config, options.targets);
  try {
    for await (const results of outputs(graph, checkpoint, batches, options, progress)) {
      for (const [name, sum] of sums) addScaled(sum, floatsOf(results, name), 1 / predicted);
    }
  } finally {
    await graph.release();
  }
  return sums;
}

/** The layers in groups of at most so many values, so that no graph computes all gradients at once. */
function groupsOf(targets: readonly TargetLayer[]): readonly (readonly TargetLayer[])[] {
  const groups: TargetLayer[][] = [];
  let values = Infinity;
  for (const layer of targets) {
    const own = valueCount(layer.shape);
    values += own;
    if (values > groupValues) {
      groups.push([]);
      values = own;
    }
    groups.at(-1)?.push(layer);
  }
  return groups;
}

function addScaled(sum: Float32Array, values: Float32Array, factor: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + factor * (values[i] ?? 0);
}

function hashOf(layers: ReadonlyMap<string, LayerCalibration>): string {
  const hash = createHash('sha256');
  for (const [name, { kind, values }] of layers) {
    hash.update(`${kind} ${name} ${values.length}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
