import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** A file that no other process writes at the same time. */
export interface HeldFile {
  readonly part: string;
  release(): void;
}

/**
 * Claims a file for this process. Where another process that lives has it, a file beside it of this process alone, which goes at the
 * release.
 */
export function holdFile(file: string): HeldFile {
  const lock = `${file}.lock`;
  if (claim(lock)) {
    return {
      part: file,
      release: () => {
        rmSync(lock, { force: true });
      },
    };
  }
  const own = `${file}.${process.pid}`;
  return {
    part: own,
    release: () => {
      rmSync(own, { force: true });
    },
  };
}

function claim(lock: string): boolean {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (ownerIsAlive(lock)) return false;
    rmSync(lock, { force: true });
  }
  return false;
}

function ownerIsAlive(lock: string): boolean {
  try {
    const owner = Number(readFileSync(lock, 'utf8'));
    if (!Number.isInteger(owner) || owner <= 0) return false;
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
