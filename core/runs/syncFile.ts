import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Makes a file's content durable. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
