import { afterEach, describe, expect, it } from 'vitest';
import type { Adapter, AdapterHooks } from '../../core/contracts/adapter.ts';
import { tf } from '../../core/tensor/tf.ts';
import { checkTrainedTensors } from '../../core/training/invariants.ts';
import { createLearner, type Learner, type StepReport } from '../../core/training/learner.ts';
import { cutMicroBatches } from '../../core/training/microBatch.ts';
import { createPolicy, type Policy } from '../../core/training/policy.ts';
import { readTrainingState, writeTrainingState } from '../../core/training/trainingState.ts';
import { expectClose } from '../closeness.ts';
import { temporaryFolder } from '../model/modelFolders.ts';
import { tinyCheckpoint as checkpoint } from '../model/tinyCheckpoint.ts';
import { hookedAdapter } from './hookedAdapter.ts';
import { plainRow, plainSteps } from './plainSteps.ts';

type Hooks = AdapterHooks<Record<string, never>, undefined>;

const layers = [0, 1].map((block) => `model.layers.${block}.self_attn.q_proj`);
const learningRate = 0.5;
const rows = [
  [1, 2, 3],
  [4, 5],
].map((ids) => plainRow([7, 8], ids, 0));

const learners: Learner[] = [];
afterEach(async () => {
  await Promise.all(learners.splice(0).map((learner) => learner.release()));
});

function policyWith(hooks: Hooks, movesPlace = true): Policy {
  return createPolicy(checkpoint, hookedAdapter(hooks, movesPlace), {}, 1);
}

function learnerOf(policy: Policy, maxGradNorm = 0): Learner {
  const learner = createLearner(checkpoint, plainSteps(policy, { maxGradNorm }));
  learners.push(learner);
  return learner;
}

/** One step; `microBatches` 2: each row is a micro-batch of its own. */
function step(learner: Learner, microBatches: 1 | 2 = 1): Promise<StepReport> {
  return learner.step(cutMicroBatches(rows, microBatches === 1 ? 100 : 1), {
    learningRate,
    temperature: 1,
    totalSteps: 10,
    counts: { globalTokens: 5, stepRows: 2, stepsPerGeneration: 1, maxCompletionTokens: 3 },
  });
}

function offset(learner: Learner, layer = 0): number[] {
  return Array.from(learner.state.parameters.get(`${layers[layer]}.offset`)!);
}

describe('the penalty', () => {
  const distance = 3;
  const penalty: NonNullable<Hooks['penalty']> = (_config, seen) => {
    const sums = seen.map((layer) => tf.sum(tf.square(tf.add(layer.parameter('offset'), distance))));
    return tf.mul(tf.add(sums[0]!, sums[1]!), 0.25);
  };

  it.each([1, 2] as const)('acts once a step, of %i micro-batches', async (microBatches) => {
    const [plain, punished] = [learnerOf(policyWith({})), learnerOf(policyWith({ penalty }))];
    const [without, withIt] = [await step(plain, microBatches), await step(punished, microBatches)];
    const expected = 0.25 * 2 * offset(plain).length * distance ** 2;
    expectClose(
      [withIt.metrics['adapter/penalty']!, withIt.loss - without.loss],
      [expected, expected],
      1e-5,
      'penalty',
    );
    for (const layer of [0, 1]) {
      const moved = offset(plain, layer).map((value) => value - learningRate * 0.25 * 2 * distance);
      expectClose(offset(punished, layer), moved, 1e-5, `offset of layer ${layer}`);
    }
  });
});

describe('the gradient transform', () => {
  it('replaces gradients before they are clipped', async () => {
    const transformGradients: Hooks['transformGradients'] = (_config, [first, second]) => ({
      [`${layers[0]}.offset`]: tf.zerosLike(first!.gradient('offset')),
      [`${layers[1]}.offset`]: tf.mul(second!.gradient('offset'), 1000),
    });
    const [plain, changed] = [learnerOf(policyWith({})), learnerOf(policyWith({ transformGradients }), 1)];
    await step(plain);
    const { gradNorm } = await step(changed);
    const norm = Math.hypot(...offset(plain, 1)) / learningRate;
    expectClose([gradNorm], [1000 * norm], 1e-4, 'norm');
    expect(offset(changed, 0).every((value) => value === 0)).toBe(true);
    expectClose(
      offset(changed, 1),
      offset(plain, 1).map((value) => value / norm),
      1e-4,
      'offset',
    );
  });
});

/** Counts steps in a state, remembers |p g| of a layer with p of after and g of before the step, and moves the place by the budget. */
const remembering: Hooks = {
  state: () => [
    { name: `${layers[1]}.importance`, shape: [8, 1], values: new Float32Array(8) },
    { name: 'seen', shape: [], values: Float32Array.of(5) },
  ],
  scalars: (_config, { layers: adapted }, at, totalSteps) => ({ budget: totalSteps - at - adapted.size }),
  afterStep: (_config, [first, second], { step: at, extra, learningRate: rate }) => ({
    parameters: {
      [`${layers[0]}.place`]: tf.add(first!.before('place'), extra['budget']!),
      [`${layers[0]}.offset`]: tf.neg(first!.after('offset')),
    },
    state: {
      [`${layers[1]}.importance`]: tf.add(
        tf.mul(second!.state('importance'), 0.5),
        tf.abs(tf.mul(second!.after('offset'), second!.gradient('offset'))),
      ),
      seen: tf.add(second!.state('seen'), at),
    },
    metrics: { rate: tf.mul(rate, 2), moved: tf.sum(tf.sub(second!.after('offset'), second!.before('offset'))) },
  }),
};

describe('after the step', () => {
  it('sees values and gradients of before, values of after, its state and scalars, and changes what it may', async () => {
    const [plain, hooked] = [learnerOf(policyWith({})), learnerOf(policyWith(remembering))];
    const before = hooked.state;
    await step(plain);
    const { metrics } = await step(hooked);
    const gradient = offset(plain, 1).map((value) => -value / learningRate);
    expectClose(
      hooked.state.slots.get(`hook.${layers[1]}.importance`),
      offset(plain, 1).map((value, i) => Math.abs(value * gradient[i]!)),
      1e-6,
      'importance',
    );
    expectClose(
      offset(hooked, 0),
      offset(plain, 0).map((value) => -value),
      1e-6,
      'offset',
    );
    expect(hooked.state.slots.get('hook.seen')).toEqual(Float32Array.of(6));
    expect(hooked.state.parameters.get(`${layers[0]}.place`)).toEqual(Float32Array.of(10 - 1 - 2));
    expect(metrics['adapter/rate']).toBe(1);
    expectClose([metrics['adapter/moved']!], [offset(plain, 1).reduce((sum, value) => sum + value, 0)], 1e-6, 'moved');
    const check = checkTrainedTensors(policyWith(remembering), before, hooked.state);
    expect(check).toMatchObject({ passed: true, value: 2, bound: 2 });
  });

  it('goes on from a checkpoint as if it had never stopped', async () => {
    const folder = temporaryFolder();
    const policy = policyWith(remembering);
    const whole = learnerOf(policy);
    for (let i = 0; i < 3; i++) {
      await step(whole);
      if (i === 0) writeTrainingState(folder, whole.state, policy);
    }
    const resumed = learnerOf(policyWith(remembering));
    resumed.restore(readTrainingState(folder).state);
    await step(resumed);
    await step(resumed);
    expect(resumed.state).toEqual(whole.state);
    expect(whole.state.slots.get('hook.seen')).toEqual(Float32Array.of(5 + 1 + 2 + 3));
  });

  it.each<[string, NonNullable<Hooks['afterStep']>]>([
    ['parameter "elsewhere"', () => ({ parameters: { elsewhere: tf.scalar(0) } })],
    ['state "elsewhere"', () => ({ state: { elsewhere: tf.scalar(0) } })],
  ])('is refused a %s that it did not declare', async (what, afterStep) => {
    await expect(step(learnerOf(policyWith({ afterStep })))).rejects.toThrow(what);
  });

  it('is refused a frozen parameter that is not marked as moved by a hook', async () => {
    const learner = learnerOf(policyWith(remembering, false));
    await expect(step(learner)).rejects.toThrow(`${layers[0]}.place`);
  });
});

describe('an adapter that starts from calibration', () => {
  it('is refused where none was collected', () => {
    const wanting: Adapter = {
      ...(hookedAdapter({}, true) as Adapter),
      calibration: () => ({ kind: 'activations', batches: 1 }),
    };
    expect(() => createPolicy(checkpoint, wanting, {}, 1)).toThrow(/activations of the base/);
  });
});
