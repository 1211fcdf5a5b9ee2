import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { PeftAdapter, StoredTensor } from '../contracts/adapter.ts';
import { RlvrError } from '../errors.ts';
import { readJsonObject } from '../model/readJsonObject.ts';
import { openSafetensors } from '../model/safetensors.ts';

/** Name of the file that makes a folder an adapter. */
export const ADAPTER_CONFIG = 'adapter_config.json';

const WEIGHTS = 'adapter_model.safetensors';
const MAX_CONFIG_BYTES = 2 ** 20;

/**
 * Reads an adapter as PEFT saves it.
 *
 * @throws RlvrError `adapter/invalid` for a config that is none, or without its weights, naming a pickle that lies there instead;
 *   `safetensors/invalid`
 */
export function readPeftFolder(folder: string): PeftAdapter {
  const config = readJsonObject(path.join(folder, ADAPTER_CONFIG), 'adapter/invalid', MAX_CONFIG_BYTES);
  const file = path.join(folder, WEIGHTS);
  if (!existsSync(file)) throw missingWeights(folder);
  const stored = openSafetensors(file);
  try {
    const tensors = stored.names.map((name): [string, StoredTensor] => [
      name,
      { shape: stored.info(name).shape, values: stored.readFloat32(name) },
    ]);
    return { config, tensors: new Map(tensors) };
  } finally {
    stored.close();
  }
}

/** Why a file is never opened, and what to do instead; undefined for one that is no pickle. */
export function pickleRefusal(name: string): string | undefined {
  if (!/\.(bin|pt|pth|ckpt|pkl|pickle)$/i.test(name)) return undefined;
  return (
    `${name} is a pickle: loading it can run any code, so it is never opened. Convert it where you trust it: load the adapter with PEFT ` +
    'and call `save_pretrained(folder, safe_serialization=True)`.'
  );
}

function missingWeights(folder: string): RlvrError {
  const why = readdirSync(folder).flatMap((name) => pickleRefusal(name) ?? []);
  return new RlvrError('adapter/invalid', [`${folder} holds no ${WEIGHTS}.`, ...why.slice(0, 1)].join(' '), {
    path: folder,
  });
}
