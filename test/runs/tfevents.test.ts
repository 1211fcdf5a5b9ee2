import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PbfReader } from 'pbf';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../core/runs/crc32c.ts';
import { openEvents } from '../../core/runs/tfevents.ts';
import { temporaryFolder } from './folder.ts';
import { readRecords } from './readRecords.ts';

const createdAt = '2026-01-01T00:00:00.000Z';
const fileName = 'events.out.tfevents.1767225600.rlvr';

interface Event {
  wallTime?: number;
  step?: number;
  fileVersion?: string;
  values: Record<string, number>;
}

function decode(data: Uint8Array): Event {
  return new PbfReader(data).readFields<Event>(
    (field, event, pbf) => {
      if (field === 1) event.wallTime = pbf.readDouble();
      if (field === 2) event.step = pbf.readVarint();
      if (field === 3) event.fileVersion = pbf.readString();
      if (field === 5) pbf.readMessage(readSummary, event.values);
    },
    { values: {} },
  );
}

function readSummary(field: number, values: Record<string, number>, pbf: PbfReader): void {
  if (field !== 1) return;
  const value = pbf.readMessage<{ tag: string; number: number }>(
    (part, result) => {
      if (part === 1) result.tag = pbf.readString();
      if (part === 2) result.number = pbf.readFloat();
    },
    { tag: '', number: Number.NaN },
  );
  values[value.tag] = value.number;
}

describe('crc32c', () => {
  it.each([
    ['32 zero bytes (RFC 3720, B.4)', Buffer.alloc(32), 0x8a9136aa],
    ['32 bytes of ones (RFC 3720, B.4)', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['bytes that count up (RFC 3720, B.4)', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['123456789', Buffer.from('123456789'), 0xe3069283],
  ])('agrees with the published value for %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});

describe('openEvents', () => {
  it('writes scalars that are read back, and goes on in the same file', () => {
    const run = temporaryFolder();
    const first = openEvents(run, createdAt);
    first.append(1, { reward: 0.5, kl: Number.NaN }, 10.5);
    first.close();
    const second = openEvents(run, createdAt);
    second.append(300, { 'time/step': 2, reward: -1 }, 11);
    second.close();
    expect(readdirSync(run)).toEqual([fileName]);
    expect(readRecords(path.join(run, fileName)).map(decode)).toEqual([
      { wallTime: 1767225600, fileVersion: 'brain.Event:2', values: {} },
      { wallTime: 10.5, step: 1, values: { reward: 0.5 } },
      { wallTime: 11, step: 300, values: { 'time/step': 2, reward: -1 } },
    ]);
  });

  it('begins as TensorFlow’s own writer does', () => {
    const run = temporaryFolder();
    openEvents(run, createdAt).close();
    // Length 24, the length's masked checksum, then field 1 (double) and field 3 (string), as tf.summary writes its first record.
    const bytes = readFileSync(path.join(run, fileName));
    expect(bytes.readBigUInt64LE(0)).toBe(24n);
    expect(bytes.readUInt32LE(8)).toBe(0x224b7fa3);
    expect(bytes.subarray(12, 13).toString('hex')).toBe('09');
    expect(bytes.subarray(21, 36).toString('latin1')).toBe('\u001a\rbrain.Event:2');
  });
});
