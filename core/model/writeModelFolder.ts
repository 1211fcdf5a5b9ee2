import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { RlvrError } from '../errors.ts';
import { assertFinite } from './assertFinite.ts';
import { discard, syncFolder, temporaryName, unwritable, writeDurably } from './atomicFile.ts';
import { checkWeightShapes } from './checkWeightShapes.ts';
import type { Weight } from './checkpoint.ts';
import { decoderParameters } from './decoderParameters.ts';
import { narrowToBfloat16, narrowToFloat16, widenFloat16 } from './halfPrecision.ts';
import { parseModelConfig } from './modelConfig.ts';
import type { JsonObject } from './readJsonObject.ts';
import { readTokenizerFiles } from './tokenizerFiles.ts';
import { SINGLE_FILE } from './weightFiles.ts';
import type { SafetensorsTensor } from './writeSafetensors.ts';
import { serializeSafetensors } from './writeSafetensors.ts';

/** Number types in which a model can be written. */
export type ModelDtype = 'F32' | 'F16' | 'BF16';

/** What a model folder is made of. */
export interface ModelFolder {
  /** config.json, in either layout; its number type is replaced by `dtype`. */
  readonly config: JsonObject;
  readonly generationConfig?: JsonObject | undefined;
  /** Every weight that `config` calls for; others are an error. */
  readonly weights: ReadonlyMap<string, Weight>;
  readonly dtype: ModelDtype;
  /** A folder whose tokenizer files are copied. */
  readonly tokenizerFrom?: string;
  /** Further files by name, as text. */
  readonly files?: ReadonlyMap<string, string>;
}

const dtypeNames: Readonly<Record<ModelDtype, string>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/**
 * Writes a Hugging Face model folder that transformers loads: config.json, generation_config.json, model.safetensors and the
 * tokenizer's files. It appears at once, complete and on the disk, or not at all.
 *
 * @throws RlvrError `model/invalid-config` or `model/invalid-weights` for a model that would not load, `run/unwritable` if `folder`
 *   holds something already or cannot be written
 */
export function writeModelFolder(folder: string, model: ModelFolder): void {
  const target = path.resolve(folder);
  const files = serializeModel(target, model);
  if (existsSync(target) && !isEmptyFolder(target)) {
    const problem = `${target} exists already; expected a new or an empty folder`;
    throw new RlvrError('run/unwritable', problem, { path: target });
  }
  const temporary = temporaryName(target);
  try {
    mkdirSync(temporary, { recursive: true });
    for (const [name, parts] of files) writeDurably(path.join(temporary, name), parts);
    syncFolder(temporary);
    // Windows does not rename onto a folder, not even an empty one.
    if (existsSync(target)) rmdirSync(target);
    renameSync(temporary, target);
    syncFolder(path.dirname(target));
  } catch (error) {
    discard(temporary);
    throw unwritable(target, error);
  }
}

function serializeModel(target: string, model: ModelFolder): Map<string, readonly Uint8Array[]> {
  const files = new Map<string, readonly Uint8Array[]>();
  if (model.tokenizerFrom !== undefined) {
    for (const [name, bytes] of readTokenizerFiles(model.tokenizerFrom)) files.set(name, [bytes]);
  }
  for (const [name, text] of model.files ?? []) files.set(name, [Buffer.from(text)]);
  files.set('config.json', [encodeJson(withDtype(model.config, dtypeNames[model.dtype]))]);
  if (model.generationConfig !== undefined) files.set('generation_config.json', [encodeJson(model.generationConfig)]);
  // transformers refuses weights that do not say which framework's layout they have.
  files.set(SINGLE_FILE, serializeSafetensors(serializeWeights(target, model), { format: 'pt' }));
  return files;
}

function serializeWeights(target: string, model: ModelFolder): Map<string, SafetensorsTensor> {
  const config = parseModelConfig(model.config, model.generationConfig);
  checkWeightShapes(target, config, new Map([...model.weights].map(([name, { shape }]) => [name, shape])));
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, shape } of decoderParameters(config)) {
    const values = model.weights.get(name)?.data ?? new Float32Array();
    assertFinite(values, name, target);
    tensors.set(name, { dtype: model.dtype, shape, data: narrow(values, model.dtype, name, target) });
  }
  return tensors;
}

function narrow(values: Float32Array, dtype: ModelDtype, tensor: string, target: string): Float32Array | Uint16Array {
  if (dtype === 'F32') return values;
  if (dtype === 'BF16') return narrowToBfloat16(values);
  const halves = narrowToFloat16(values);
  // A weight beyond 65504 is an infinity in F16.
  assertFinite(widenFloat16(halves), tensor, `${target} in F16`);
  return halves;
}

function withDtype(config: JsonObject, name: string): JsonObject {
  // transformers 4 wrote torch_dtype, transformers 5 writes dtype.
  const keys = ['dtype', 'torch_dtype'].filter((key) => key in config);
  return { ...config, ...Object.fromEntries((keys.length > 0 ? keys : ['dtype']).map((key) => [key, name])) };
}

function encodeJson(value: JsonObject): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

function isEmptyFolder(target: string): boolean {
  try {
    return readdirSync(target).length === 0;
  } catch {
    return false;
  }
}
