import type { ObjectiveRequirements } from '../contracts/objective.ts';
import { RlvrError } from '../errors.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { randomStream } from '../tensor/random.ts';
import type { LearnerState } from './learner.ts';
import { createMergedWeights } from './mergedWeights.ts';
import { parameterValues, type Policy } from './policy.ts';

/** How the reference policy follows the policy: every so many optimizer steps, reference = alpha policy + (1 - alpha) reference. */
export interface ReferenceSync {
  readonly steps: number;
  /** 1: the reference becomes the policy of that step. */
  readonly alpha: number;
}

/** Prefix of a reference tensor among the state's slots, where it is kept and saved with them. */
const referencePrefix = 'reference.';
/** Largest deviation from a straight line that rounding explains, as a share of the way between the ends. */
const straightness = 1e-3;
/** Size of the random moves by which tensors are tried. */
const trialMove = 0.1;

/** The tensors that training may change. */
function movingNames(policy: Policy): readonly string[] {
  return policy.parameters.filter((spec) => spec.trainable || spec.movedByHook === true).map(({ name }) => name);
}

/** The values of the reference `initial`: the policy's at its start, or as last brought up to date. */
export function referenceValues({ slots }: LearnerState, policy: Policy): ReadonlyMap<string, Float32Array> {
  const start = parameterValues(policy);
  return new Map([...start].map(([name, values]) => [name, slots.get(referencePrefix + name) ?? values]));
}

/**
 * The state with the reference brought up to date where that is due after its step (TR-DPO, arXiv 2404.09656, section 3; TRL's
 * SyncRefModelCallback). What is mixed are the values of the tensors that are trained.
 */
export function withSyncedReference(
  state: LearnerState,
  policy: Policy,
  sync: ReferenceSync | undefined,
): LearnerState {
  if (sync === undefined || state.step % sync.steps !== 0) return state;
  const reference = referenceValues(state, policy);
  const mixed = movingNames(policy).map((name) => {
    const old = reference.get(name) ?? new Float32Array();
    const now = state.parameters.get(name) ?? old;
    return [
      referencePrefix + name,
      old.map((value, i) => (1 - sync.alpha) * value + sync.alpha * (now[i] ?? NaN)),
    ] as const;
  });
  return { ...state, slots: new Map([...state.slots, ...mixed]) };
}

/**
 * Refuses a reference that is to follow the policy and cannot: one that nothing reads, the base (which has no tensors of its own), and,
 * with alpha below 1, an adapter whose weights are no mixture where its tensors are (the mean of two products is no product of means).
 *
 * @throws RlvrError `config/invalid`
 */
export async function checkReferenceSync(
  sync: ReferenceSync,
  reference: 'base' | 'initial',
  { beta, advantageDetails }: ObjectiveRequirements,
  checkpoint: Checkpoint,
  policy: Policy,
): Promise<void> {
  if (beta === 0 && advantageDetails?.rewardKl === undefined) {
    throw refusal('needs an objective that reads a reference policy: one whose beta is not 0');
  }
  if (reference === 'base') {
    throw refusal(
      'needs training.reference: initial. The base without adapter has no tensors that could follow the policy; ' +
        'a copy of the adapter at its start has',
    );
  }
  if (sync.alpha === 1 || (await isStraight(checkpoint, policy))) return;
  throw refusal(
    `with ref_model_mixup_alpha ${sync.alpha} means a mixture of weights, and those of the adapter "${policy.adapter.id}" are not ` +
      'mixed by mixing its tensors (a mean of products is not the product of means). Set ref_model_mixup_alpha: 1, which makes the ' +
      'reference the policy of that step, or choose an adapter whose weights follow its tensors in a straight line, such as full',
  );
}

function refusal(problem: string): RlvrError {
  return new RlvrError('config/invalid', `training.sync_ref_model ${problem}.`, { path: 'training.sync_ref_model' });
}

/** Whether the weights half-way between two sets of tensors are the mean of the weights at both, tried at two places near the start. */
async function isStraight(checkpoint: Checkpoint, policy: Policy): Promise<boolean> {
  const moving = new Set(movingNames(policy));
  const valuesAt = (move: (name: string, values: Float32Array) => Float32Array): ReadonlyMap<string, Float32Array> =>
    new Map(
      [...parameterValues(policy)].map(([name, values]) => [name, moving.has(name) ? move(name, values) : values]),
    );
  const movedBy = (end: number): ReadonlyMap<string, Float32Array> =>
    valuesAt((name, values) => {
      const moves = randomStream(end, 'reference trial', name).normals(values.length);
      return values.map((value, i) => value + trialMove * (moves[i] ?? 0));
    });
  const [first, second] = [movedBy(1), movedBy(2)];
  const middle = valuesAt((name, values) =>
    values.map((_, i) => ((first.get(name)?.[i] ?? 0) + (second.get(name)?.[i] ?? 0)) / 2),
  );
  const merged = await createMergedWeights(checkpoint, policy);
  try {
    const [a, b, half] = [
      await merged.of({ parameters: first }),
      await merged.of({ parameters: second }),
      await merged.of({ parameters: middle }),
    ];
    let way = 0;
    let deviation = 0;
    for (const [name, { data }] of half) {
      if (data === checkpoint.weights.get(name)?.data) continue;
      const [from, to] = [a.get(name)?.data, b.get(name)?.data];
      data.forEach((value, i) => {
        const [one = NaN, other = NaN] = [from?.[i], to?.[i]];
        way = Math.max(way, Math.abs(one - other));
        deviation = Math.max(deviation, Math.abs(value - (one + other) / 2));
      });
    }
    return deviation <= straightness * way;
  } finally {
    await merged.release();
  }
}
