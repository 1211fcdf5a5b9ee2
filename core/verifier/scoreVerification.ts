import type { RewardScore } from '../contracts/reward.ts';
import { describeVerification, type Verification } from './verification.ts';

/** A verification as a reward gives it: 1, 0, or undefined where the reference cannot be used. */
export function scoreVerification(verification: Verification): RewardScore {
  const { equal } = verification;
  return { value: equal === undefined ? undefined : Number(equal), trace: describeVerification(verification) };
}
