import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ShorterSide } from '../../core/linalg/background.ts';
import { matrix } from '../../core/linalg/matrix.ts';
import { svd } from '../../core/linalg/svd.ts';
import { openDecompositionCache, roundedVectors } from '../../core/spectra/decompositionCache.ts';
import { hashValues } from '../../core/spectra/baseModel.ts';
import { randomStream } from '../../core/tensor/random.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'rlvr-cache-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const shape = { rows: 12, columns: 9 };

function decomposition(name: string): ShorterSide {
  const { s, v } = svd(matrix(shape.rows, shape.columns, randomStream(1, name).normals(108)));
  return roundedVectors({ s, side: 'right', vectors: v });
}

const files = (): string[] => readdirSync(folder).map((name) => path.join(folder, name));

describe('openDecompositionCache', () => {
  it('gives back what was kept, bit for bit, for that hash and shape alone', () => {
    const kept = decomposition('one');
    openDecompositionCache(folder).write('aa', shape, kept);
    const cache = openDecompositionCache(folder);
    expect(cache.read('aa', shape)).toEqual(kept);
    expect(cache.read('ab', shape)).toBeUndefined();
    expect(cache.read('aa', { rows: 9, columns: 12 })).toBeUndefined();
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 9)],
    [
      'changed in one bit',
      (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === bytes.length - 5 ? byte ^ 1 : byte))),
    ],
    ['empty', () => Buffer.alloc(0)],
  ])('forgets an entry that is %s, and takes a new one', (_name, damage) => {
    const cache = openDecompositionCache(folder);
    cache.write('aa', shape, decomposition('one'));
    const [file = ''] = files();
    writeFileSync(file, damage(readFileSync(file)));
    expect(cache.read('aa', shape)).toBeUndefined();
    cache.write('aa', shape, decomposition('one'));
    expect(cache.read('aa', shape)).toEqual(decomposition('one'));
  });

  it('stays below its size by removing what was used longest ago', () => {
    const size = 3 * 1200;
    const cache = openDecompositionCache(folder, size);
    for (const [index, hash] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) {
      cache.write(hash, shape, decomposition(hash));
      // Moments in the past, in order: clocks of file systems are coarse.
      for (const file of files()) {
        const { mtimeMs } = statSync(file);
        if (mtimeMs > 1e12) utimesSync(file, index + 1, index + 1);
      }
    }
    const total = files().reduce((sum, file) => sum + statSync(file).size, 0);
    expect(total).toBeLessThanOrEqual(size);
    expect(cache.read('f', shape)).toBeDefined();
    expect(cache.read('a', shape)).toBeUndefined();
  });

  it('costs no result where it cannot write', () => {
    const file = path.join(folder, 'a file');
    writeFileSync(file, '');
    const cache = openDecompositionCache(path.join(file, 'below'));
    expect(() => cache.write('aa', shape, decomposition('one'))).not.toThrow();
    expect(cache.read('aa', shape)).toBeUndefined();
  });
});

describe('hashValues', () => {
  it('tells values apart, and sees views as what they show', () => {
    const all = randomStream(1, 'hash').normals(10);
    expect(hashValues(all.subarray(2, 5))).toBe(hashValues(all.slice(2, 5)));
    expect(hashValues(all.subarray(2, 5))).not.toBe(hashValues(all.subarray(3, 6)));
  });
});
