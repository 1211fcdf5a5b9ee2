import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './folder.ts';

/** A disk of one mebibyte, or the reason why this machine lets us make none. */
export function tinyDisk(): { folder: string } | { reason: string } {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return { reason: 'mounting a disk takes root on Linux' };
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    return { reason: `mount failed: ${String(error)}` };
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return { folder };
}

/** Fills a disk but for `free` bytes, with a file `ballast`. */
export function fill(folder: string, free: number): void {
  const file = path.join(folder, 'ballast');
  rmSync(file, { force: true });
  for (let size = 1024 * 1024; size >= 512;) {
    try {
      writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch {
      size = Math.floor(size / 2);
    }
  }
  const content = readFileSync(file);
  writeFileSync(file, content.subarray(0, content.length - free));
}
