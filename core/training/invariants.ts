import { RlvrError } from '../errors.ts';
import { dropsInputs } from './dropout.ts';
import type { LearnerState, StepReport } from './learner.ts';
import { trainableCount, trainableParameters, type Policy } from './policy.ts';
import type { Sampler, WeightFeeds } from './rollout.ts';

/** An invariant's outcome, as it is written to the run. */
export interface InvariantCheck {
  readonly name: string;
  readonly passed: boolean;
  readonly value: number;
  readonly bound: number;
  readonly explanation: string;
}

/** Largest difference of logits between policy 0 and the base, float32 on the CPU. */
const identityBound = 1e-4;
/** Largest difference between the log-probability that a token was sampled with and the one that the trainer computes. */
const gapBound = 1e-4;

/** The policy before the first step equals the base model, unless the method says that it does not. Throws `training/invariant`. */
export async function checkIdentity(
  sampler: Sampler,
  policy: Policy,
  base: WeightFeeds,
  adapted: WeightFeeds,
  prompts: readonly (readonly number[])[],
): Promise<InvariantCheck> {
  const [before, after] = [await sampler.nextLogits(base, prompts), await sampler.nextLogits(adapted, prompts)];
  let value = 0;
  before.forEach((logit, i) => {
    value = Math.max(value, Math.abs(logit - (after[i] ?? NaN)));
  });
  const { adapter, adapterConfig, startsFrom } = policy;
  const declared = startsFrom === undefined && adapter.isIdentityAtStart(adapterConfig);
  const passed = !declared || value < identityBound;
  const explanation = declared
    ? 'largest difference of logits between the policy before the first step and the base'
    : startsFrom === undefined
      ? `the method "${adapter.id}" declares that it does not start at the base`
      : `not the base: this run starts from ${startsFrom}`;
  const check = { name: 'identity-at-start', passed, value, bound: identityBound, explanation };
  return demanded(
    check,
    `The adapter "${policy.adapter.id}" changes the model before the first step: logits differ by ${value}, ` +
      `at most ${identityBound} is allowed.`,
  );
}

/** The declared tensors are the ones trained: each got a new array of values, and nothing else did. Throws `training/invariant`. */
export function checkTrainedTensors(policy: Policy, before: LearnerState, after: LearnerState): InvariantCheck {
  const declared = new Set(trainableParameters(policy).map(({ name }) => name));
  const replaced = [...after.parameters]
    .filter(([name, values]) => values !== before.parameters.get(name))
    .map(([name]) => name);
  const moved = replaced.filter((name) =>
    after.parameters.get(name)?.some((value, i) => value !== before.parameters.get(name)?.[i]),
  );
  const movable = new Set(policy.parameters.filter((spec) => spec.movedByHook === true).map(({ name }) => name));
  const wrong = replaced.filter((name) => !declared.has(name) && !movable.has(name));
  const updated = replaced.filter((name) => declared.has(name));
  const passed = wrong.length === 0 && updated.length === declared.size;
  const roles = [...new Set(trainableParameters(policy).map(({ role }) => role))].join(', ');
  const check = {
    name: 'declared-tensors-trained',
    passed,
    value: updated.length,
    bound: declared.size,
    explanation:
      `${policy.adapter.id}: ${declared.size} tensors (${roles}), ${trainableCount(policy)} values; ` +
      `${moved.length} tensors moved in the first step`,
  };
  return demanded(
    check,
    `The adapter "${policy.adapter.id}" declares ${declared.size} trained tensors, but the first step updated ` +
      `${updated.length} of them${wrong.length > 0 ? `, and also ${wrong.slice(0, 3).join(', ')}` : ''}.`,
  );
}

/**
 * Sampler and trainer are one policy: the largest difference of a token's log-probability, sampling filters aside. Only where the
 * comparison is fair, before the first update from a generation batch. Throws `training/invariant`, also for a gap that is not a
 * number. With dropout they are two policies by intention: then the gap is told, and nothing is demanded.
 */
export function checkGap(policy: Policy, { metrics }: Pick<StepReport, 'metrics'>): InvariantCheck {
  const value = metrics['logps/gap_max'] ?? NaN;
  const drops = dropsInputs(policy);
  const explanation = drops
    ? `the method drops inputs while training (adapter "${policy.adapter.id}"), and samples without: its policies differ`
    : 'largest difference of a token’s log-probability between sampling and training, in the first step';
  const check = { name: 'sampler-is-trainer', passed: drops || value < gapBound, value, bound: gapBound, explanation };
  return demanded(
    check,
    `A token's log-probability differs by ${value} between sampling and training; at most ${gapBound} is allowed. ` +
      'The two are not the same policy.',
  );
}

function demanded(check: InvariantCheck, message: string): InvariantCheck {
  if (!check.passed) throw new RlvrError('training/invariant', message, { ...check });
  return check;
}
