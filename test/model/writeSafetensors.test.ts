import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseSafetensors } from '../../core/model/safetensors.ts';
import type { SafetensorsTensor } from '../../core/model/writeSafetensors.ts';
import { serializeSafetensors, writeSafetensors } from '../../core/model/writeSafetensors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'write-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

const a: SafetensorsTensor = { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) };
const b: SafetensorsTensor = { dtype: 'F32', shape: [1, 1], data: Float32Array.of(3) };
const c: SafetensorsTensor = { dtype: 'I64', shape: [1], data: BigInt64Array.of(4n) };
const d: SafetensorsTensor = { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) };

describe('writeSafetensors', () => {
  it('writes the same bytes whatever the order of tensors and metadata', () => {
    const one = Buffer.concat(serializeSafetensors(new Map(Object.entries({ a, b, c, d })), { x: '1', y: '2' }));
    const two = Buffer.concat(serializeSafetensors(new Map(Object.entries({ d, c, b, a })), { y: '2', x: '1' }));
    expect(one.equals(two)).toBe(true);
    expect(parseSafetensors(one).names).toEqual(['c', 'a', 'b', 'd']);
    expect(one.readBigUInt64LE(0) % 8n).toBe(0n);
    expect(one.toString('utf8', 8)).toMatch(
      /^\{"__metadata__":\{"x":"1","y":"2"\},"c":\{"dtype":"I64","shape":\[1\],"data_offsets":\[0,8\]\}/,
    );
  });

  it('sorts names by their bytes', () => {
    const names = ['\u{1F600}', '\uFFFD', 'a', 'B'];
    const bytes = Buffer.concat(serializeSafetensors(new Map(names.map((name) => [name, a]))));
    expect(parseSafetensors(bytes).names).toEqual(['B', 'a', '\uFFFD', '\u{1F600}']);
  });

  it('writes views of larger buffers, scalars, and no tensors at all', () => {
    const view = new Float32Array(Float32Array.of(9, 8, 7).buffer, 4, 1);
    const bytes = Buffer.concat(serializeSafetensors(new Map([['v', { dtype: 'F32', shape: [], data: view }]])));
    expect(parseSafetensors(bytes).readFloat32('v')).toEqual(Float32Array.of(8));
    expect(parseSafetensors(Buffer.concat(serializeSafetensors(new Map()))).names).toEqual([]);
  });

  it('replaces a file and leaves nothing else behind', () => {
    const target = path.join(folder, 'model.safetensors');
    writeFileSync(target, 'before');
    writeSafetensors(target, new Map([['a', a]]));
    expect(parseSafetensors(readFileSync(target)).readFloat32('a')).toEqual(Float32Array.of(1, 2));
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  it.each([
    ['a size that does not fit', 'x', { ...a, shape: [3] }, '8 bytes of data; expected 12 for F32 [3]'],
    ['a negative size', 'x', { ...a, shape: [-2] }, 'non-negative integers'],
    ['a fraction of a size', 'x', { ...a, shape: [0.5, 4] }, 'non-negative integers'],
    ['the wrong array', 'x', { ...a, dtype: 'I32' as const }, 'Float32Array cannot hold I32'],
    ['the name of the metadata', '__metadata__', a, 'reserved'],
    ['half a character as name', '\ud800', a, 'not valid Unicode'],
  ])('refuses %s and keeps the file', (_, name, tensor, problem) => {
    const target = path.join(folder, 'model.safetensors');
    writeFileSync(target, 'before');
    expect(() => writeSafetensors(target, new Map([[name, tensor]]))).toThrow(
      expect.objectContaining({ code: 'safetensors/invalid', message: expect.stringContaining(problem) as string }),
    );
    expect(readFileSync(target, 'utf8')).toBe('before');
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  it('says when the target cannot be written', () => {
    const occupied = path.join(folder, 'occupied');
    mkdirSync(path.join(occupied, 'inside'), { recursive: true });
    for (const target of [occupied, path.join(folder, 'absent', 'x'), path.join(folder, 'model.safetensors', 'x')]) {
      expect(() => writeSafetensors(target, new Map([['a', a]]))).toThrow(
        expect.objectContaining({ code: 'run/unwritable', fields: { path: target } }),
      );
    }
    rmSync(occupied, { recursive: true });
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });
});
