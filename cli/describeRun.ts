import path from 'node:path';
import { dapoIngredients } from '../core/experiment/dapoIngredients.ts';
import { secondsSpent, stepsDone } from './display/runView.ts';
import type { RunView } from './display/runView.ts';

/**
 * A run as `rlvr show --json` prints it. Its keys stay as they are from version to version; new ones may come.
 * Accuracies are fractions with their 95 % interval; what is not known yet is left out.
 */
export function describeRunJson(view: RunView): Readonly<Record<string, unknown>> {
  const { record, status, folder } = view;
  const last = record.checkpoints.at(-1);
  return {
    id: record.id,
    name: record.experiment.name,
    status,
    method: record.method,
    start: record.start,
    cell: record.cell,
    steps: stepsDone(view),
    totalSteps: record.experiment.training.steps,
    seconds: secondsSpent(view),
    trainableParameters: record.trainableParameters,
    firstStepSeconds: record.firstStepSeconds,
    evaluation: record.evaluation,
    createdAt: record.createdAt,
    folder,
    model: path.resolve(record.source.folder, record.experiment.model.path),
    checkpoint: last && { ...last, folder: path.join(folder, 'checkpoints', `step-${last.step}`) },
    best: record.best,
    plateau: record.plateau,
    costs: record.costs,
    rewardFailures: record.rewardFailures,
    dapo: dapoIngredients(record.experiment),
    checks: record.checks,
    error: record.error,
  };
}
