import type { ObjectiveRequirements } from '../contracts/objective.ts';
import type { ExperimentIssue } from './issues.ts';
import type { Experiment } from './schema.ts';
import type { PathPart } from './source.ts';

/** What is wrong between keys that are each right by themselves. */
export function crossCheck(experiment: Experiment, requirements: ObjectiveRequirements): readonly ExperimentIssue[] {
  const { rollout, training, rewards, data, objective, evaluation } = experiment;
  const issues: ExperimentIssue[] = [];
  const refuse = (path: readonly PathPart[], message: string): void => {
    issues.push({ code: 'config/invalid', path, message });
  };
  if (requirements.rollouts && rollout.group_size < requirements.minimumGroupSize) {
    refuse(
      ['rollout', 'group_size'],
      `objective "${objective.type}" compares the completions of a group and needs at least ${requirements.minimumGroupSize}, ` +
        `got ${rollout.group_size}`,
    );
  }
  if (rollout.batch_size % rollout.group_size !== 0) {
    const [below, above] = neighbours(rollout.batch_size, rollout.group_size);
    refuse(
      ['rollout', 'batch_size'],
      `${rollout.batch_size} completions cannot be divided into groups of ${rollout.group_size}; ${below}${above} would do`,
    );
  }
  if (rollout.batch_size % training.steps_per_generation !== 0) {
    refuse(
      ['training', 'steps_per_generation'],
      `a generation batch of ${rollout.batch_size} completions cannot be divided into ${training.steps_per_generation} equal steps`,
    );
  }
  if (rollout.min_completion_tokens > rollout.max_completion_tokens) {
    refuse(
      ['rollout', 'min_completion_tokens'],
      `${rollout.min_completion_tokens} is more than max_completion_tokens (${rollout.max_completion_tokens})`,
    );
  }
  for (const key of ['early_stopping', 'keep_best'] as const) {
    if (training[key] === undefined || training[key] === false || evaluation.every > 0) continue;
    refuse(['training', key], 'chooses by accuracy on the selection split, which evaluation.every: 0 never measures');
  }
  if (!requirements.rollouts && rollout.dynamic_sampling !== undefined) {
    refuse(['rollout', 'dynamic_sampling'], `objective "${objective.type}" samples no completions`);
  }
  if (!requirements.rollouts && training.curriculum.type !== 'off') {
    refuse(
      ['training', 'curriculum'],
      `objective "${objective.type}" samples no completions that could tell what is hard`,
    );
  }
  if (requirements.rollouts && rewards.length === 0) {
    refuse(['rewards'], `objective "${objective.type}" learns from rewards: name at least one`);
  }
  if (!data.template.includes('{question}')) {
    refuse(['data', 'template'], 'the template must contain {question}, which stands for the problem');
  }
  return issues;
}

function neighbours(size: number, divisor: number): [string, string] {
  const below = Math.floor(size / divisor) * divisor;
  return [below === 0 ? '' : `${below} or `, String(below + divisor)];
}
