import { setImmediate } from 'node:timers/promises';
import { RlvrError } from '../errors.ts';
import { assertFinite } from './assertFinite.ts';
import { checkWeightShapes } from './checkWeightShapes.ts';
import { decoderParameters, EMBEDDING, LM_HEAD } from './decoderParameters.ts';
import { hashFiles } from './hashFiles.ts';
import type { DecoderConfig } from './modelConfig.ts';
import { readModelConfig } from './modelConfig.ts';
import type { SafetensorsFile } from './safetensors.ts';
import type { SafetensorsDtype } from './safetensorsDtype.ts';
import { openWeightFiles } from './weightFiles.ts';

/** A weight in float32, row-major. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A model in memory: the weights that its configuration calls for and no others. */
export interface Checkpoint {
  readonly config: DecoderConfig;
  /** By Hugging Face name, in the order of `decoderParameters`. */
  readonly weights: ReadonlyMap<string, Weight>;
  /** Number type in which the file keeps the embedding, and with it nearly always everything else. */
  readonly dtype: SafetensorsDtype;
  /**
   * SHA-256 over the bytes of the weight files in the order of their names, in hex: of a single file, its checksum.
   * Computed when first asked for.
   */
  hash(): Promise<string>;
}

/**
 * Loads a Hugging Face model folder: one model.safetensors, or shards with model.safetensors.index.json.
 *
 * @throws RlvrError `model/missing`, `model/invalid-config`, `model/unsupported` and `safetensors/invalid` as the parts throw them;
 *   `model/invalid-weights` if the weights are not those of the configuration (naming them) or one holds NaN or an infinity
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  const config = readModelConfig(folder);
  const { tensors, paths, close } = openWeightFiles(folder);
  try {
    checkWeightShapes(folder, config, new Map([...tensors].map(([name, file]) => [name, file.info(name).shape])));
    const weights = new Map<string, Weight>();
    for (const { name, shape } of decoderParameters(config)) {
      weights.set(name, { shape, data: readWeight(tensors, name) });
      // A large model takes seconds, in which signals and the display must still be served.
      await setImmediate();
    }
    if (config.tiedEmbeddings) checkTiedHead(folder, tensors, weights);
    let hash: Promise<string> | undefined;
    const dtype = tensors.get(EMBEDDING)?.info(EMBEDDING).dtype ?? 'F32';
    return { config, weights, dtype, hash: () => (hash ??= hashFiles(paths)) };
  } finally {
    close();
  }
}

type Tensors = ReadonlyMap<string, SafetensorsFile>;

function readWeight(tensors: Tensors, tensor: string): Float32Array {
  const file = tensors.get(tensor);
  const data = file?.readFloat32(tensor) ?? new Float32Array();
  assertFinite(data, tensor, file?.path ?? '');
  return data;
}

// Versions of transformers disagree on whether a model whose two tables differ is tied, so neither reading is safe.
function checkTiedHead(folder: string, tensors: Tensors, weights: ReadonlyMap<string, Weight>): void {
  const embedding = weights.get(EMBEDDING)?.data;
  const head = tensors.get(LM_HEAD)?.readFloat32(LM_HEAD);
  if (head === undefined || embedding === undefined) return;
  if (head.length === embedding.length && head.every((value, i) => value === embedding[i])) return;
  const problem = `config.json says tie_word_embeddings, but ${LM_HEAD} differs from ${EMBEDDING}; expected them to be equal`;
  throw new RlvrError('model/invalid-weights', `${folder}: ${problem}`, { path: folder, tensor: LM_HEAD });
}
