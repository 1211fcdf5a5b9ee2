import { RlvrError } from '../errors.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space and resume the run, everything written before is intact',
  EDQUOT: 'your disk quota is used up; free some space and resume the run, everything written before is intact',
  EACCES: 'permission denied; choose another folder with --runs-folder, or change the permissions',
  EPERM: 'the operation is not permitted; choose another folder with --runs-folder, or change the permissions',
  EROFS: 'the file system is read-only; choose another folder with --runs-folder',
  ENOTDIR: 'a part of this path is a file and not a folder',
  EISDIR: 'a folder is in the way',
  EEXIST: 'something of this name is in the way',
  ENOENT: 'a folder of this path is missing',
  EIO: 'the disk reported an input/output error',
  EFBIG: 'the file would become larger than this file system or your limits allow',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the system has too many files open',
  ENAMETOOLONG: 'the name is longer than this file system allows',
  ELOOP: 'too many symbolic links',
};

/** The `run/unwritable` error for a failed write to `path`; anything that is not a file system's refusal comes back unchanged. */
export function asUnwritable(error: unknown, path: string): unknown {
  const refusal = error instanceof RlvrError && error.code === 'run/unwritable' ? error.cause : error;
  const code = errnoOf(refusal);
  const reason = code === undefined ? undefined : reasons[code];
  if (code === undefined || reason === undefined) return error;
  return new RlvrError(
    'run/unwritable',
    `Cannot write ${path}: ${reason} (${code}).`,
    { path, errno: code },
    { cause: refusal },
  );
}

/** Runs `action`, which writes to `path`, and throws `run/unwritable` where the file system refuses. */
export function writing<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw asUnwritable(error, path);
  }
}

/** The system's error code (`ENOENT`, ...) of what was thrown, if it has one. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
