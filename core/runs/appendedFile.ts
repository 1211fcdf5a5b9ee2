import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { writing } from './writing.ts';

/** A file that only grows. */
export interface AppendedFile {
  /** Bytes in the file. */
  length(): number;
  /** Adds bytes at the end with one write. If that fails the file is as long as before. Throws `run/unwritable`. */
  append(bytes: Uint8Array): void;
  /** Makes what was appended durable. */
  sync(): void;
  close(): void;
}

/** Opens (or creates) a file to append to. Throws `run/unwritable`. */
export function openAppendedFile(file: string): AppendedFile {
  const descriptor = writing(file, () => openSync(file, 'a'));
  let length = fstatSync(descriptor).size;
  return {
    length: () => length,
    append: (bytes) => {
      writing(file, () => {
        try {
          for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
        } catch (error) {
          ftruncateSync(descriptor, length);
          throw error;
        }
      });
      length += bytes.length;
    },
    sync: () => {
      writing(file, () => {
        fsyncSync(descriptor);
      });
    },
    close: () => {
      closeSync(descriptor);
    },
  };
}
