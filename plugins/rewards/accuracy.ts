import type { Reward } from '../../core/contracts/reward.ts';
import { sharedVerifierPool } from '../../core/verifier/pool/verifierPool.ts';
import { verifierOptionsSchema, type VerifierOptions } from '../../core/verifier/verifierOptions.ts';
import { scoreVerification } from '../../core/verifier/scoreVerification.ts';

/** 1 where the completion's answer is mathematically the reference, else 0; masked where the reference cannot be used. */
export const accuracy: Reward<VerifierOptions> = {
  id: 'accuracy',
  summary: 'The answer equals the reference as mathematics: fractions, sets, intervals, relations, units, identities',
  source: 'accuracy_reward of TRL 1.16, with this project’s verifier',
  isVerifier: true,
  config: verifierOptionsSchema,
  create(config) {
    return async ({ completion, reference }) =>
      scoreVerification(await sharedVerifierPool().verify(completion, reference, config));
  },
};
