import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { messageOf, RlvrError } from '../errors.ts';

/** A name beside `target` that nothing else uses, for what is written before it is renamed to `target`. */
export function temporaryName(target: string): string {
  return path.join(
    path.dirname(target),
    `.${path.basename(target)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`,
  );
}

/** How a file is written. */
export interface WriteOptions {
  /** Whether to wait until it is on the disk (default). Without, a power cut may leave a part of it; an end of the process never does. */
  readonly isDurable?: boolean;
}

/**
 * Writes a file so that `target` holds either what it held before or all of `parts`, whatever happens meanwhile: to a
 * temporary name in the same folder, to the disk, then renamed.
 *
 * @throws RlvrError `run/unwritable`, with nothing left behind
 */
export function writeFileAtomically(
  target: string,
  parts: Iterable<Uint8Array>,
  { isDurable = true }: WriteOptions = {},
): void {
  const temporary = temporaryName(target);
  try {
    writeNew(temporary, parts, isDurable);
    renameSync(temporary, target);
    if (isDurable) syncFolder(path.dirname(target));
  } catch (error) {
    discard(temporary);
    throw unwritable(target, error);
  }
}

/** The error of a file or folder that could not be written; an RlvrError passes through. */
export function unwritable(target: string, error: unknown): RlvrError {
  if (error instanceof RlvrError) return error;
  return new RlvrError(
    'run/unwritable',
    `${target} could not be written: ${messageOf(error)}`,
    { path: target },
    { cause: error },
  );
}

/** Removes what is left of a failed write, as far as the system lets it. */
export function discard(temporary: string): void {
  try {
    rmSync(temporary, { recursive: true, force: true });
  } catch {
    // The write's own error says more than this one.
  }
}

/** Creates a file with these bytes and waits until they are on the disk. Fails if the file exists. */
export function writeDurably(file: string, parts: Iterable<Uint8Array>): void {
  writeNew(file, parts, true);
}

function writeNew(file: string, parts: Iterable<Uint8Array>, isDurable: boolean): void {
  const descriptor = openSync(file, 'wx');
  try {
    for (const part of parts) writeFully(descriptor, part);
    if (isDurable) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a rename inside the folder durable. Windows cannot open folders and orders renames itself. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function writeFully(descriptor: number, bytes: Uint8Array): void {
  // A single write takes at most 2 GiB.
  const limit = 2 ** 30;
  for (let at = 0; at < bytes.byteLength;) {
    at += writeSync(descriptor, bytes, at, Math.min(limit, bytes.byteLength - at));
  }
}
