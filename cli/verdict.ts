import type { Verification } from '../core/verifier/verification.ts';
import { exitCodes } from './exitCodes.ts';
import type { Style } from './terminal.ts';

/** How a verdict is named, shown and counted, and what a process that gives it ends with. */
export interface Verdict {
  readonly name: string;
  readonly style: Style;
  readonly kind: 'equal' | 'different' | 'unusable';
  readonly code: number;
}

/** By what `equal` is. */
export const verdicts: Readonly<Record<'true' | 'false' | 'undefined', Verdict>> = {
  true: { name: 'equal', style: 'green', kind: 'equal', code: exitCodes.success },
  false: { name: 'not equal', style: 'red', kind: 'different', code: exitCodes.failure },
  undefined: {
    name: 'unusable reference',
    style: 'yellow',
    kind: 'unusable',
    code: exitCodes.unusableReference,
  },
};

/** A verification as programs read it; what cannot be said or was not found is undefined. */
export function verificationJson(verification: Verification): Record<string, unknown> {
  const { equal, decidedBy, reference, answer, trace } = verification;
  return { equal, decidedBy, reference: reference?.text, answer: answer?.text, trace };
}
