import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import type { ShorterSide } from '../linalg/background.ts';
import type { Matrix } from '../linalg/matrix.ts';
import { writeFileAtomically } from '../model/atomicFile.ts';
import { openSafetensors } from '../model/safetensors.ts';
import { serializeSafetensors } from '../model/writeSafetensors.ts';

/** Part of every key: another number makes what was kept before unfindable. */
const ALGORITHM = 1;
const SUFFIX = '.safetensors';
const DEFAULT_LIMIT = 4 * 2 ** 30;

/** Decompositions of base weights, kept on disk between commands. What cannot be read or written is computed again: it never fails. */
export interface DecompositionCache {
  /** What was kept for a weight of this shape and hash. */
  read(hash: string, shape: Pick<Matrix, 'rows' | 'columns'>): ShorterSide | undefined;
  write(hash: string, shape: Pick<Matrix, 'rows' | 'columns'>, decomposition: ShorterSide): void;
}

/**
 * A decomposition as the cache gives it back: vectors rounded to float32. Applied also to what was just computed, so that a report is
 * the same with and without a cache.
 */
export function roundedVectors(decomposition: ShorterSide): ShorterSide {
  const { vectors } = decomposition;
  return { ...decomposition, vectors: { ...vectors, data: new Float64Array(new Float32Array(vectors.data)) } };
}

/** Opens a cache of at most `limit` bytes (4 GiB); beyond it what was used longest ago goes. Every file is whole or not there. */
export function openDecompositionCache(folder: string, limit = DEFAULT_LIMIT): DecompositionCache {
  const fileOf = (hash: string, { rows, columns }: Pick<Matrix, 'rows' | 'columns'>): string => {
    const key = createHash('sha256').update(`${ALGORITHM} ${rows} ${columns} ${hash}`).digest('hex');
    return path.join(folder, `${key}${SUFFIX}`);
  };
  return {
    read: (hash, shape) => {
      const file = fileOf(hash, shape);
      try {
        if (!existsSync(file)) return undefined;
        const decomposition = readEntry(file, shape);
        const now = new Date();
        utimesSync(file, now, now);
        return decomposition;
      } catch {
        // Damaged or taken away meanwhile: the caller computes it again, and its write replaces the file.
        return undefined;
      }
    },
    write: (hash, shape, decomposition) => {
      try {
        mkdirSync(folder, { recursive: true });
        writeEntry(fileOf(hash, shape), decomposition);
        evict(folder, limit);
      } catch {
        // A full or read-only disk costs time the next time, not the result of this one.
      }
    },
  };
}

function readEntry(file: string, { rows, columns }: Pick<Matrix, 'rows' | 'columns'>): ShorterSide | undefined {
  const size = Math.min(rows, columns);
  const stored = openSafetensors(file);
  try {
    const values = stored.read('values');
    const vectors = stored.read('vectors');
    const isWhole = stored.metadata.get('sha256') === digest([values, vectors]);
    if (!isWhole || !(values instanceof Float64Array) || !(vectors instanceof Float32Array)) return undefined;
    if (values.length !== size || vectors.length !== size * size) return undefined;
    return {
      s: values,
      side: rows < columns ? 'left' : 'right',
      vectors: { rows: size, columns: size, data: new Float64Array(vectors) },
    };
  } finally {
    stored.close();
  }
}

function writeEntry(file: string, { s, vectors }: ShorterSide): void {
  const narrow = new Float32Array(vectors.data);
  const tensors = new Map([
    ['values', { dtype: 'F64', shape: [s.length], data: s }],
    ['vectors', { dtype: 'F32', shape: [vectors.rows, vectors.columns], data: narrow }],
  ] as const);
  const parts = serializeSafetensors(tensors, { sha256: digest([s, narrow]) }, file);
  // What a power cut leaves of it is told by its digest, so nobody needs to wait for the disk.
  writeFileAtomically(file, parts, { isDurable: false });
}

function digest(parts: readonly NodeJS.ArrayBufferView[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** Removes what was used longest ago until the rest fits. */
function evict(folder: string, limit: number): void {
  const entries = readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => path.join(folder, name))
    .map((file) => ({ file, status: statSync(file) }))
    .sort((a, b) => b.status.mtimeMs - a.status.mtimeMs);
  let total = 0;
  for (const { file, status } of entries) {
    total += status.size;
    if (total > limit) rmSync(file, { force: true });
  }
}
