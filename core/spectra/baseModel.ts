import { createHash } from 'node:crypto';
import { assertFinite } from '../model/assertFinite.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { checkWeightShapes } from '../model/checkWeightShapes.ts';
import { hashFiles } from '../model/hashFiles.ts';
import { readModelConfig, type DecoderConfig } from '../model/modelConfig.ts';
import { openWeightFiles } from '../model/weightFiles.ts';

/** A model whose weights are read one by one. */
export interface BaseModel {
  readonly config: DecoderConfig;
  /** A tensor by its Hugging Face name, in float32; undefined where the model has none of this name. */
  tensor(name: string): Float32Array | undefined;
  /** Hash of its weight files, as a run records it. */
  hash(): Promise<string>;
  /** Closes its files. */
  close(): void;
}

/**
 * Opens a Hugging Face model folder; only names and shapes are read.
 *
 * @throws RlvrError `model/missing`, `model/invalid-config`, `model/invalid-weights`, `safetensors/invalid`; a tensor that holds NaN or
 *   an infinity is `model/invalid-weights` once it is read
 */
export function openBaseModel(folder: string): BaseModel {
  const config = readModelConfig(folder);
  const { tensors, paths, close } = openWeightFiles(folder);
  try {
    checkWeightShapes(folder, config, new Map([...tensors].map(([name, file]) => [name, file.info(name).shape])));
  } catch (error) {
    close();
    throw error;
  }
  return {
    config,
    tensor: (name) => {
      const file = tensors.get(name);
      const values = file?.readFloat32(name);
      if (values !== undefined) assertFinite(values, name, file?.path ?? folder);
      return values;
    },
    hash: () => hashFiles(paths),
    close,
  };
}

/** A model that is in memory. */
export function loadedBaseModel({ config, weights, hash }: Checkpoint): BaseModel {
  return { config, tensor: (name) => weights.get(name)?.data, hash, close: () => undefined };
}

/** SHA-256 over a tensor's values in float32, in hex: equal for equal values, whatever type they are stored in. */
export function hashValues(values: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}
