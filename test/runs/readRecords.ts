import { readFileSync } from 'node:fs';
import { maskedCrc32c } from '../../core/runs/crc32c.ts';

/** The data of every whole record of a TFRecord file; reading ends at the first that is torn or fails its checksum. */
export function readRecords(file: string): readonly Uint8Array[] {
  const bytes = readFileSync(file);
  const records: Uint8Array[] = [];
  for (let at = 0; at + 12 <= bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    const end = at + 12 + length + 4;
    if (maskedCrc32c(bytes.subarray(at, at + 8)) !== bytes.readUInt32LE(at + 8) || end > bytes.length) break;
    const data = bytes.subarray(at + 12, end - 4);
    if (maskedCrc32c(data) !== bytes.readUInt32LE(end - 4)) break;
    records.push(data);
    at = end;
  }
  return records;
}
