import type { ErrorCode } from '../core/errors.ts';

/** What the command line's processes end with. */
export const exitCodes = {
  success: 0,
  /** A run failed, or something was found to be wrong. */
  failure: 1,
  /** What the user gave cannot be used. */
  badInput: 2,
  /** Of `rlvr verify` alone: the reference cannot be used, so nothing can be said. */
  unusableReference: 3,
  /** Of the worker alone: it could not write into its run's folder, so the reason is in no file. */
  unwritable: 74,
  /** Of the worker alone: another process has the run. */
  locked: 75,
  /** Stopped by Ctrl-C or `rlvr stop`. */
  interrupted: 130,
} as const;

const failures: readonly ErrorCode[] = [
  'tensor/unsupported-op',
  'tensor/trace',
  'tensor/run',
  'training/not-finite',
  'training/invariant',
  'training/no-signal',
  'reward/failed',
  'run/environment-changed',
  'analyzer/failed',
  'engine/failed',
  'engine/unavailable',
  'plugin/failed',
  'plugin/timeout',
  'plugin/nonconforming',
];

/** The exit code for an error's code: most say that the input cannot be used, some that the work failed. */
export function exitCodeOf(code: string): number {
  return failures.some((failure) => failure === code) ? exitCodes.failure : exitCodes.badInput;
}
