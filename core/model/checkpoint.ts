import { setImmediate } from 'node:timers/promises';
import { RlvrError } from '../errors.ts';
import { assertFinite } from './assertFinite.ts';
import type { DecoderParameter } from './decoderParameters.ts';
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
  /** SHA-256 over the bytes of the weight files in the order of their names, in hex. For a single file, its checksum. Read when first asked for. */
  hash(): Promise<string>;
}

const MOST_PROBLEMS_SHOWN = 8;

/**
 * Loads a Hugging Face model folder: one model.safetensors, or shards with model.safetensors.index.json.
 *
 * @throws RlvrError `model/missing`, `model/invalid-config`, `model/unsupported` and `safetensors/invalid` as the parts throw them;
 *   `model/invalid-weights` if the weights are not those of the configuration (naming them) or one holds NaN or an infinity
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  const config = readModelConfig(folder);
  const files = openWeightFiles(folder);
  try {
    const parameters = decoderParameters(config);
    checkParameters(folder, config, parameters, files.tensors);
    const weights = new Map<string, Weight>();
    for (const { name, shape } of parameters) {
      weights.set(name, { shape, data: readWeight(files.tensors, name, folder) });
      // A large model takes seconds, in which signals and the display must still be served.
      await setImmediate();
    }
    if (config.tiedEmbeddings) checkTiedHead(folder, files.tensors, weights);
    let hash: Promise<string> | undefined;
    const dtype = files.tensors.get(EMBEDDING)?.info(EMBEDDING).dtype ?? 'F32';
    return { config, weights, dtype, hash: () => (hash ??= hashFiles(files.paths)) };
  } finally {
    files.close();
  }
}

type Tensors = ReadonlyMap<string, SafetensorsFile>;

function checkParameters(
  folder: string,
  config: DecoderConfig,
  parameters: readonly DecoderParameter[],
  tensors: Tensors,
): void {
  const problems: string[] = [];
  const expected = new Set<string>();
  for (const { name, shape } of parameters) {
    expected.add(name);
    const found = tensors.get(name)?.info(name);
    if (found === undefined) problems.push(`${name} is missing`);
    else if (found.shape.join() !== shape.join())
      problems.push(`${name} is [${found.shape.join(', ')}]; expected [${shape.join(', ')}]`);
  }
  for (const name of tensors.keys()) {
    if (!expected.has(name) && !isKnownExtra(name, config))
      problems.push(`${name} is not a weight of this ${config.architecture}`);
  }
  if (problems.length === 0) return;
  const more = problems.length > MOST_PROBLEMS_SHOWN ? `; and ${problems.length - MOST_PROBLEMS_SHOWN} more` : '';
  throw invalidWeights(
    folder,
    `the weights do not fit config.json: ${problems.slice(0, MOST_PROBLEMS_SHOWN).join('; ')}${more}`,
    { problems },
  );
}

/** Tensors that old exports carry although they are computed, and the output projection that a tied model may repeat. */
function isKnownExtra(name: string, config: DecoderConfig): boolean {
  return name.endsWith('rotary_emb.inv_freq') || (config.tiedEmbeddings && name === LM_HEAD);
}

function readWeight(tensors: Tensors, tensor: string, folder: string): Float32Array {
  const data = tensors.get(tensor)?.readFloat32(tensor) ?? new Float32Array();
  assertFinite(data, tensor, folder);
  return data;
}

// Versions of transformers disagree on whether such a model is tied, so neither reading is safe.
function checkTiedHead(folder: string, tensors: Tensors, weights: ReadonlyMap<string, Weight>): void {
  const embedding = weights.get(EMBEDDING)?.data;
  const head = tensors.get(LM_HEAD)?.readFloat32(LM_HEAD);
  if (head === undefined || embedding === undefined) return;
  if (head.length === embedding.length && head.every((value, i) => value === embedding[i])) return;
  throw invalidWeights(
    folder,
    `config.json says tie_word_embeddings, but ${LM_HEAD} differs from ${EMBEDDING}; expected them to be equal`,
    {
      tensor: LM_HEAD,
    },
  );
}

function invalidWeights(folder: string, problem: string, fields: Record<string, unknown>): RlvrError {
  return new RlvrError('model/invalid-weights', `${folder}: ${problem}`, { path: folder, ...fields });
}
