import { existsSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { RlvrError } from '../errors.ts';
import { readJsonObject } from './readJsonObject.ts';
import type { SafetensorsFile } from './safetensors.ts';
import { openSafetensors } from './safetensors.ts';

/** The open weight files of a model folder. */
export interface WeightFiles {
  /** Every tensor and the file that holds it. */
  readonly tensors: ReadonlyMap<string, SafetensorsFile>;
  /** Paths of the files, sorted. */
  readonly paths: readonly string[];
  /** Closes all files. */
  close(): void;
}

/** Name of a folder's only weight file. */
export const SINGLE_FILE = 'model.safetensors';

const INDEX_FILE = 'model.safetensors.index.json';
const MAX_INDEX_BYTES = 2 ** 26;
// Below the number of files that systems let a process have open.
const MAX_SHARDS = 1000;

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string().max(1000)) });

/**
 * Opens model.safetensors, or else the shards that model.safetensors.index.json lists.
 *
 * @throws RlvrError `model/missing` without either, `model/invalid-weights` for an index that is wrong, that names files outside
 *   the folder or tensors that its files do not hold, `safetensors/invalid` for a damaged file
 */
export function openWeightFiles(folder: string): WeightFiles {
  const single = path.join(folder, SINGLE_FILE);
  if (existsSync(single)) return openShards(new Map([[single, undefined]]));
  const index = path.join(folder, INDEX_FILE);
  if (existsSync(index)) return openShards(readIndex(folder, index));
  const pickled = readdirSync(folder).find((name) => /\.(bin|pt|pth|ckpt)$/.test(name));
  const hint =
    pickled === undefined
      ? ''
      : `; ${pickled} is a pickle, which can run code and is never loaded: save the model as safetensors`;
  throw new RlvrError('model/missing', `${folder} holds neither ${SINGLE_FILE} nor ${INDEX_FILE}${hint}`, {
    path: folder,
  });
}

/** Paths of shards, each with the tensors that the index promises in it; without an index, whatever the file holds. */
type Shards = ReadonlyMap<string, readonly string[] | undefined>;

function openShards(shards: Shards): WeightFiles {
  const open: SafetensorsFile[] = [];
  const close = (): void => open.forEach((file) => file.close());
  const tensors = new Map<string, SafetensorsFile>();
  const paths = [...shards.keys()].sort();
  try {
    for (const shard of paths) {
      const file = openSafetensors(shard);
      open.push(file);
      for (const name of shards.get(shard) ?? file.names) tensors.set(name, file);
      checkPromises(file, shards.get(shard) ?? []);
    }
  } catch (error) {
    close();
    throw error;
  }
  return { tensors, paths, close };
}

function checkPromises(file: SafetensorsFile, promised: readonly string[]): void {
  const held = new Set(file.names);
  const absent = promised.find((name) => !held.has(name));
  if (absent === undefined) return;
  const problem = `${file.path} does not hold tensor ${JSON.stringify(absent)}, although the index says so`;
  throw new RlvrError('model/invalid-weights', problem, { path: file.path, tensor: absent });
}

function readIndex(folder: string, index: string): Shards {
  const result = indexSchema.safeParse(readJsonObject(index, 'model/invalid-weights', MAX_INDEX_BYTES));
  if (!result.success) throw invalidIndex(index, 'weight_map is not an object of file names');
  const shards = new Map<string, string[]>();
  for (const [tensor, name] of Object.entries(result.data.weight_map)) {
    const known = shards.get(name);
    if (known === undefined) shards.set(name, [tensor]);
    else known.push(tensor);
  }
  if (shards.size > MAX_SHARDS) throw invalidIndex(index, `names ${shards.size} files; expected at most ${MAX_SHARDS}`);
  return new Map([...shards].map(([name, tensors]) => [containedPath(folder, name, index), tensors]));
}

/** The path of a file that an index names, which must be below the folder also when symbolic links are followed. */
function containedPath(folder: string, name: string, index: string): string {
  const file = path.resolve(folder, name);
  if (name.includes('\0') || name.includes('\\') || path.isAbsolute(name) || !isInside(path.resolve(folder), file)) {
    throw invalidIndex(index, `names ${JSON.stringify(name)}, which is outside the model folder`);
  }
  if (!existsSync(file)) throw invalidIndex(index, `names ${JSON.stringify(name)}, which does not exist`);
  const target = realpathSync(file);
  const root = realpathSync(folder);
  if (isInside(root, target) || isInside(blobFolder(root), target)) return file;
  throw invalidIndex(index, `names ${JSON.stringify(name)}, a link to ${target} outside the model folder`);
}

/** In Hugging Face's cache, REPOSITORY/snapshots/REVISION holds links into REPOSITORY/blobs. */
function blobFolder(root: string): string {
  const snapshots = path.dirname(root);
  return path.basename(snapshots) === 'snapshots' ? path.join(path.dirname(snapshots), 'blobs') : root;
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function invalidIndex(index: string, problem: string): RlvrError {
  return new RlvrError('model/invalid-weights', `${index} ${problem}`, { path: index });
}
