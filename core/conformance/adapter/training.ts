import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkTrainedTensors } from '../../training/invariants.ts';
import type { Learner, LearnerState } from '../../training/learner.ts';
import { trainableParameters } from '../../training/policy.ts';
import type { Policy } from '../../training/policy.ts';
import { restorePolicy } from '../../training/storedPolicy.ts';
import { readTrainingState, writeTrainingState } from '../../training/trainingState.ts';
import { createSuiteLearner, suiteStep } from '../adapterTraining.ts';
import type { AdapterSubject } from '../adapterSubject.ts';
import type { Behaviour } from '../behaviour.ts';
import { nonconformity } from '../behaviour.ts';
import { differenceInWords, largestDifference } from '../difference.ts';
import { copyOfWeights } from '../tinyBase.ts';

/** Steps before the checkpoint that is gone on from. */
const stopAfter = 2;

/** Trains, and what is frozen stays. */
export const trainsWhatItDeclares: Behaviour<AdapterSubject> = {
  name: 'trains the tensors that it declares and no others',
  judge: async (subject) => {
    const policy = subject.policy();
    const base = copyOfWeights(subject.base);
    const learner = subject.learner();
    const before = learner.state;
    await suiteStep(learner);
    const { state } = learner;
    const check = checkTrainedTensors(policy, before, state);
    const declared = trainableParameters(policy);
    if (!check.passed || check.value !== declared.length)
      throw nonconformity({ plugin: subject.plugin }, check.explanation);
    const moved = declared.filter(
      ({ name }) => largestDifference(state.parameters.get(name) ?? [], before.parameters.get(name) ?? []).error > 0,
    );
    if (moved.length === 0) throw nonconformity({ plugin: subject.plugin }, 'a step moves none of its trained tensors');
    for (const [name, values] of copyOfWeights(subject.base)) {
      const problem = differenceInWords(values, base.get(name) ?? [], 0);
      if (problem !== undefined)
        throw nonconformity({ plugin: subject.plugin }, `training wrote to ${name} of the base: ${problem}`);
    }
  },
};

/** Through the run's checkpoint format. */
export const resumesExactly: Behaviour<AdapterSubject> = {
  name: 'goes on from a checkpoint as if it had never stopped, bit for bit',
  judge: async (subject) => {
    const policy = subject.policy();
    const folder = mkdtempSync(path.join(tmpdir(), 'rlvr-conformance-'));
    try {
      const learner = subject.learner();
      for (let step = 0; step < stopAfter; step++) await suiteStep(learner);
      writeTrainingState(folder, learner.state, policy);
      const step = learner.state.step;
      await suiteStep(learner);
      const straight = learner.state;
      const stored = readTrainingState(folder);
      const again = restorePolicy(policy.config, subject.adapter, policy.adapterConfig, stored.policy);
      const resumed = await withLearner(subject, again, async (learner) => {
        learner.restore(stored.state);
        await suiteStep(learner);
        return learner.state;
      });
      compareStates(subject, resumed, straight, step);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function compareStates({ plugin }: AdapterSubject, resumed: LearnerState, straight: LearnerState, step: number): void {
  for (const part of ['parameters', 'slots'] as const) {
    for (const [name, values] of straight[part]) {
      const problem = differenceInWords(resumed[part].get(name) ?? [], values, 0);
      if (problem !== undefined)
        throw nonconformity(
          { plugin },
          `after a stop at step ${step}, "${name}" is another one at step ${step + 1}: ${problem}`,
        );
    }
  }
}

async function withLearner<Result>(
  subject: AdapterSubject,
  policy: Policy,
  use: (learner: Learner) => Promise<Result>,
): Promise<Result> {
  const learner = createSuiteLearner(subject, policy);
  try {
    return await use(learner);
  } finally {
    await learner.release();
  }
}
