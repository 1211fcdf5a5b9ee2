import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RlvrError } from '../../core/errors.ts';
import { openSafetensors, parseSafetensors } from '../../core/model/safetensors.ts';
import { serializeSafetensors } from '../../core/model/writeSafetensors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(header: string | Uint8Array, dataBytes = 0, claimedLength?: bigint): Buffer {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimedLength ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const small = Buffer.concat(
  serializeSafetensors(
    new Map([
      ['weights', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
      ['half', { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) }],
      ['brain', { dtype: 'BF16', shape: [1], data: Uint16Array.of(0x3f80) }],
      ['double', { dtype: 'F64', shape: [], data: Float64Array.of(0.1) }],
      ['ids', { dtype: 'I64', shape: [2], data: BigInt64Array.of(-1n, 7n) }],
      ['flags', { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) }],
      ['empty', { dtype: 'F32', shape: [0, 5], data: new Float32Array(0) }],
    ]),
    { format: 'pt' },
  ),
);

function onDisk(bytes: Uint8Array): string {
  const name = path.join(folder, 'case.safetensors');
  writeFileSync(name, bytes);
  return name;
}

describe('safetensors', () => {
  it.each([
    ['from a file', () => openSafetensors(onDisk(small))],
    ['from memory', () => parseSafetensors(small)],
  ])('reads every number type %s', (_, open) => {
    const tensors = open();
    expect([...tensors.names].sort()).toEqual(['brain', 'double', 'empty', 'flags', 'half', 'ids', 'weights']);
    expect(tensors.metadata).toEqual(new Map([['format', 'pt']]));
    expect(tensors.info('weights')).toEqual({ dtype: 'F32', shape: [2, 3] });
    expect(tensors.readFloat32('weights')).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(tensors.read('half')).toEqual(Uint16Array.of(0x3c00, 0xc000));
    expect(tensors.readFloat32('half')).toEqual(Float32Array.of(1, -2));
    expect(tensors.readFloat32('brain')).toEqual(Float32Array.of(1));
    expect(tensors.readFloat32('double')).toEqual(Float32Array.of(0.1));
    expect(tensors.read('ids')).toEqual(BigInt64Array.of(-1n, 7n));
    expect(tensors.read('flags')).toEqual(Uint8Array.of(1, 0, 1));
    expect(tensors.readFloat32('empty')).toHaveLength(0);
    tensors.close();
    tensors.close();
  });

  it('views memory where it is aligned and copies where it is not', () => {
    const aligned = new Uint8Array(small);
    expect(parseSafetensors(aligned).readFloat32('weights').buffer).toBe(aligned.buffer);
    const shifted = new Uint8Array(small.length + 1).subarray(1);
    shifted.set(small);
    expect(parseSafetensors(shifted).readFloat32('weights')).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  it('refuses reads it cannot serve', () => {
    const tensors = openSafetensors(onDisk(small));
    expect(() => tensors.readFloat32('ids')).toThrow(/holds I64; expected floating-point/);
    expect(() => tensors.info('toString')).toThrow(/no such tensor; the file holds .*weights/);
    tensors.close();
    expect(() => tensors.read('ids')).toThrow(/after it had been closed/);
  });

  it.each([
    ['an empty file', Buffer.alloc(0), 'at least 8'],
    ['seven bytes', Buffer.alloc(7), 'at least 8'],
    ['a header that is not there', file('', 0, 10n), 'claims 10 bytes, but only 0 follow'],
    ['a huge header', file('{}', 0, 100_000_001n), 'at most 100000000'],
    ['a header length beyond 2^53', file('{}', 0, 2n ** 64n - 1n), 'at most 100000000'],
    ['no object', file('[]'), 'expected a JSON object'],
    ['an empty header', file(''), 'expected a JSON object'],
    ['invalid UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), 'not valid'],
    ['a byte order mark', file('\ufeff{}'), 'expected a JSON object'],
    ['a repeated tensor', file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}'), '"a" appears twice'],
    [
      'a repeated field',
      file('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      '"dtype" appears twice',
    ],
    ['repeated metadata', file('{"__metadata__":{"k":"1","k":"2"}}'), '"k" appears twice'],
    ['metadata that is no text', file('{"__metadata__":{"k":1}}'), 'is not a string'],
    ['metadata that is no object', file('{"__metadata__":"k"}'), 'not an object'],
    ['a tensor that is no object', file('{"a":[]}'), 'tensor "a": is not an object'],
    [
      'an unknown field',
      file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":1}}'),
      'unknown key "extra"',
    ],
    ['an unknown dtype', file('{"a":{"dtype":"F128","shape":[0],"data_offsets":[0,0]}}'), 'choices: BOOL, U8'],
    [
      'an inherited name as dtype',
      file('{"a":{"dtype":"toString","shape":[0],"data_offsets":[0,0]}}'),
      'choices: BOOL, U8',
    ],
    ['no shape', file('{"a":{"dtype":"U8","data_offsets":[0,0]}}'), 'shape is not a list'],
    ['a shape of text', file('{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}', 1), 'shape is not a list'],
    ['a negative size', file('{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}'), 'non-negative integer'],
    [
      'too many dimensions',
      file(`{"a":{"dtype":"U8","shape":[${'2,'.repeat(64)}2],"data_offsets":[0,1]}}`, 1),
      'at most 64',
    ],
    ['three offsets', file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}'), 'not a pair'],
    ['reversed offsets', file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', 1), 'end before they begin'],
    [
      'a size that does not fit',
      file('{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}', 8),
      'expected 12 for F32 [3]',
    ],
    [
      'a product that wraps around',
      file('{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'),
      'expected 73786976294838206464',
    ],
    ['offsets beyond the file', file('{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}', 8), 'only 8 follow'],
    ['a gap before the first tensor', file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2), 'a gap'],
    [
      'a gap between tensors',
      file(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}',
        3,
      ),
      'tensor "b": begins at byte 2; expected 1',
    ],
    [
      'an overlap',
      file(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
        3,
      ),
      'overlaps',
    ],
    [
      'one span for two tensors',
      file(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}',
        2,
      ),
      'overlaps',
    ],
    [
      'data after the last tensor',
      file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 2),
      '1 belong to no tensor',
    ],
    ['data without tensors', file('{}', 4), '4 belong to no tensor'],
  ])('refuses %s', (_, bytes, problem) => {
    for (const open of [() => parseSafetensors(bytes), () => openSafetensors(onDisk(bytes))]) {
      expect(open).toThrow(
        expect.objectContaining({ code: 'safetensors/invalid', message: expect.stringContaining(problem) as string }),
      );
    }
  });

  it.each([
    ['no file', path.join(folder, 'absent')],
    ['a folder', folder],
  ])('refuses %s', (_, name) => {
    expect(() => openSafetensors(name)).toThrow(
      expect.objectContaining({ code: 'safetensors/invalid', fields: { path: name } }),
    );
  });

  it('accepts a file without tensors, and one whose header ends in spaces', () => {
    expect(parseSafetensors(file('{}')).names).toEqual([]);
    expect(parseSafetensors(file('{}      ')).names).toEqual([]);
  });

  it('notices that the file shrank after it was opened', () => {
    const name = onDisk(small);
    const tensors = openSafetensors(name);
    writeFileSync(name, small.subarray(0, small.length - 3));
    expect(() => tensors.read(tensors.names.at(-1)!)).toThrow(/had more when it was opened/);
    tensors.close();
  });

  it('answers damaged files with values or an RlvrError, nothing else', () => {
    let refused = 0;
    for (const damaged of damagedCopies(small, 300, 1)) {
      try {
        const tensors = parseSafetensors(damaged);
        for (const name of tensors.names) tensors.read(name);
      } catch (error) {
        expect(error).toBeInstanceOf(RlvrError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(200);
  });
});

function* damagedCopies(bytes: Uint8Array, count: number, seed: number): Generator<Uint8Array> {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let i = 0; i < count; i += 1) {
    const copy = Uint8Array.from(i % 3 === 0 ? bytes.subarray(0, below(bytes.length)) : bytes);
    const header = Math.min(copy.length, 600);
    for (let flips = below(4); flips >= 0 && header > 0; flips -= 1) copy[below(header)]! ^= 1 << below(8);
    yield copy;
  }
}
