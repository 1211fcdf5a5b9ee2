import { groupAdvantages, type GroupAdvantageOptions } from './advantage.ts';
import { estimateAdvantages } from './estimateAdvantages.ts';
import { generationMetrics, rewardTable, type Generation } from './generation.ts';
import type { ProblemFailure } from './judge.ts';
import type { TrainingBatch } from './optimizerSteps.ts';
import { nextProblems } from './problemOrder.ts';
import { sampledDivergence, spreadRows, withReference } from './reference.ts';
import { sampleGroups, type SamplingPolicy } from './sampleGroups.ts';
import type { TrainerOptions } from './trainerOptions.ts';
import type { TrainingProgress } from './trainingProgress.ts';
import { demonstrationRows, trainingRows, withAdvantages } from './trainingRows.ts';

/** Completions whose KL from the reference is measured where the loss does not need it: enough for a curve, cheap beside a step. */
const divergenceRows = 8;
/** For metrics of rewards alone, which need totals and no scale. */
const toldAdvantages: GroupAdvantageOptions = { scaleRewards: 'group', aggregation: 'sum_then_normalize' };

/** A batch, and where training stands once it was taken. */
export interface TakenBatch {
  readonly batch: TrainingBatch;
  readonly progress: TrainingProgress;
}

/** Samples and judges the next generation batch, and scores it under the reference policy. */
export async function sampledBatch(policy: SamplingPolicy, from: TrainingProgress): Promise<TakenBatch> {
  const { options, events, learner } = policy;
  const { groupSize, sampling, rewards } = options.generation;
  const { generation, chosen, progress, metrics } = await sampleGroups(policy, from);
  const firstStep = learner.state.step + 1;
  if (generation.failures.length > 0) events.onDidFailToJudge?.(firstStep, failuresOf(generation));
  const taken = chosen.flatMap((row) => generation.rows[row] ?? []);
  const sampled = trainingRows(taken, options);
  const requirements = options.step.objective.requirements(options.step.objectiveConfig);
  const isScored = requirements.beta !== 0 || requirements.advantageDetails?.rewardKl !== undefined;
  const scored = await withReference(learner, isScored ? sampled : spreadRows(sampled, divergenceRows), {
    ...options,
    temperature: sampling.temperature,
  });
  const weights = rewards.map(({ weight }) => weight);
  const judged = { rewards: rewardTable(taken), weights, groupSize };
  const advantages = estimateAdvantages(
    judged,
    isScored ? scored : sampled,
    requirements,
    options.generation.advantages,
  );
  const advantageOf = new Map(chosen.map((row, i) => [row, advantages.advantages[i] ?? 0]));
  const rows = generation.rows.map((row, i) => ({ ...row, advantage: advantageOf.get(i) ?? 0 }));
  events.onDidGenerate(firstStep, rows);
  const isAll = chosen.length === generation.rows.length;
  // What was sampled is told as it was sampled, also where dynamic sampling leaves a part of it out.
  const told = isAll ? advantages : groupAdvantages({ ...judged, rewards: rewardTable(rows) }, toldAdvantages);
  return {
    batch: {
      rows: withAdvantages(requirements.beta === 0 ? sampled : scored, advantages),
      metrics: {
        ...generationMetrics(generation, told, rewards, isAll ? sampled : trainingRows(rows, options)),
        kl: advantages.kl ?? sampledDivergence(scored),
        ...metrics,
      },
    },
    progress,
  };
}

/** Failures with the problems that they belong to. */
function failuresOf({ rows, failures }: Generation): readonly ProblemFailure[] {
  return failures.map(({ row, ...failure }) => ({ ...failure, problem: rows[row]?.prompt.problem.id ?? '' }));
}

/** The demonstrations of the next batch. */
export function supervisedBatch(options: TrainerOptions, from: TrainingProgress): TakenBatch {
  const { asked, progress } = nextProblems(options, from, options.batchSize);
  const rows = demonstrationRows(
    asked.map(({ problem }) => options.promptOf(problem)),
    options,
  );
  const lengths = rows.map(({ ids }) => ids.length);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const metrics = { 'completion/length_mean': tokens / rows.length, 'completion/length_max': Math.max(...lengths) };
  return { batch: { rows, metrics }, progress };
}
