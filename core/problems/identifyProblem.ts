import { createHash } from 'node:crypto';
import type { Split } from '../contracts/dataset.ts';

/** What identifies a problem, and the only split that it can ever be in. */
export interface ProblemIdentity {
  /** 24 hexadecimal digits. */
  readonly id: string;
  readonly split: Split;
}

const TENTHS = 10;

/**
 * The identity of a problem by its text alone: never by seed, configuration, file or position. So no choice of these can carry a
 * problem from the report split into training. One tenth of all texts is for the report, one tenth for selection, the rest for
 * training. Letter case, blanks and Unicode's compatible forms make no difference.
 */
export function identifyProblem(text: string): ProblemIdentity {
  const canonical = text.normalize('NFKC').toLowerCase().replace(/\s+/gu, '');
  const digest = createHash('sha256').update(`rlvr-lab problem\n${canonical}`).digest();
  const tenth = digest.readUInt32BE(28) % TENTHS;
  return { id: digest.toString('hex', 0, 12), split: tenth === 0 ? 'report' : tenth === 1 ? 'selection' : 'train' };
}
