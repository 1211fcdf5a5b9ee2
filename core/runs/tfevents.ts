import path from 'node:path';
import { PbfWriter } from 'pbf';
import type { Metrics } from '../contracts/engine.ts';
import { openAppendedFile } from './appendedFile.ts';
import type { AppendedFile } from './appendedFile.ts';
import { eventsPrefix } from './appendedLengths.ts';
import { maskedCrc32c } from './crc32c.ts';

/** Field numbers of TensorFlow's `Event`, `Summary` and `Summary.Value` (tensorflow/core/util/event.proto, framework/summary.proto). */
const event = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const summary = { value: 1 } as const;
const summaryValue = { tag: 1, simpleValue: 2 } as const;

/** The writer of a run's TensorBoard file. */
export interface EventsLog extends Omit<AppendedFile, 'append'> {
  /** Adds the finite ones among a step's metrics as scalars. Throws `run/unwritable`. */
  append(step: number, metrics: Metrics, wallTime?: number): void;
}

/**
 * Opens a run's TensorBoard file to append to. Its name depends on the moment of the run's creation alone, so a resumed
 * run goes on in the same file. Throws `run/unwritable`.
 */
export function openEvents(runFolder: string, createdAt: string): EventsLog {
  const seconds = Math.floor(Date.parse(createdAt) / 1000);
  const { append, ...file } = openAppendedFile(path.join(runFolder, `${eventsPrefix}${seconds}.rlvr`));
  if (file.length() === 0) {
    append(
      frame(
        encode((pbf) => {
          pbf.writeDoubleField(event.wallTime, seconds);
          pbf.writeStringField(event.fileVersion, 'brain.Event:2');
        }),
      ),
    );
  }
  return {
    ...file,
    append: (step, metrics, wallTime = Date.now() / 1000) => {
      append(frame(encodeScalars(step, metrics, wallTime)));
    },
  };
}

function encodeScalars(step: number, metrics: Metrics, wallTime: number): Uint8Array {
  return encode((pbf) => {
    pbf.writeDoubleField(event.wallTime, wallTime);
    pbf.writeVarintField(event.step, step);
    pbf.writeMessage(event.summary, writeSummary, metrics);
  });
}

function writeSummary(metrics: Metrics, pbf: PbfWriter): void {
  for (const entry of Object.entries(metrics)) {
    if (Number.isFinite(entry[1])) pbf.writeMessage(summary.value, writeValue, entry);
  }
}

function writeValue([tag, value]: [string, number], pbf: PbfWriter): void {
  pbf.writeStringField(summaryValue.tag, tag);
  pbf.writeFloatField(summaryValue.simpleValue, value);
}

function encode(write: (pbf: PbfWriter) => void): Uint8Array {
  const pbf = new PbfWriter();
  write(pbf);
  return pbf.finish();
}

/** A TFRecord: length as uint64, its masked CRC-32C, the data, the data's masked CRC-32C; little-endian. */
function frame(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(12 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return record;
}
