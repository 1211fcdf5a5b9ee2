import { randomStream } from '../tensor/random.ts';
import { estimateAdvantages } from './estimateAdvantages.ts';
import { generateBatch, generationMetrics, rewardTable } from './generation.ts';
import type { Learner } from './learner.ts';
import type { TrainingBatch } from './optimizerSteps.ts';
import type { Prompt } from './prompts.ts';
import { sampledDivergence, spreadRows, withReference } from './reference.ts';
import type { Sampler, WeightFeeds } from './rollout.ts';
import type { TrainerEvents, TrainerOptions } from './trainerOptions.ts';
import { demonstrationRows, trainingRows, withAdvantages } from './trainingRows.ts';

/** The policy that samples a generation batch. */
export interface SamplingPolicy {
  readonly options: TrainerOptions;
  readonly events: TrainerEvents;
  readonly learner: Learner;
  readonly sampler: Sampler;
  readonly weights: WeightFeeds;
}

/** Completions whose KL from the reference is measured where the loss does not need it: enough for a curve, cheap beside a step. */
const divergenceRows = 8;

/** Samples and judges the generation batch of this index, and scores it under the reference policy. */
export async function sampledBatch(policy: SamplingPolicy, index: number): Promise<TrainingBatch> {
  const { options, events, learner, sampler, weights } = policy;
  const { groupSize, maxTokens, sampling, rewards } = options.generation;
  const prompts = promptsOf(options, index, options.batchSize / groupSize);
  const generation = await generateBatch(sampler, weights, options.tokenizer, prompts, index, {
    ...options.generation,
    onDidDecode: (tokens) => {
      events.onDidProgress('rollout', tokens, options.batchSize * maxTokens);
    },
  });
  const sampled = trainingRows(generation.rows, options);
  const requirements = options.step.objective.requirements(options.step.objectiveConfig);
  const isScored = requirements.beta !== 0 || requirements.advantageDetails?.rewardKl !== undefined;
  const scored = await withReference(learner, isScored ? sampled : spreadRows(sampled, divergenceRows), {
    ...options,
    temperature: sampling.temperature,
  });
  const judged = {
    rewards: rewardTable(generation.rows),
    weights: rewards.map(({ weight }) => weight),
    groupSize,
  };
  const advantages = estimateAdvantages(
    judged,
    isScored ? scored : sampled,
    requirements,
    options.generation.advantages,
  );
  const rows = generation.rows.map((row, i) => ({ ...row, advantage: advantages.advantages[i] ?? 0 }));
  events.onDidGenerate(learner.state.step + 1, rows);
  return {
    rows: withAdvantages(requirements.beta === 0 ? sampled : scored, advantages),
    metrics: {
      ...generationMetrics(generation, advantages, rewards, sampled),
      kl: advantages.kl ?? sampledDivergence(scored),
    },
  };
}

/** The demonstrations of this index's batch. */
export function supervisedBatch(options: TrainerOptions, index: number): TrainingBatch {
  const rows = demonstrationRows(promptsOf(options, index, options.batchSize), options);
  const lengths = rows.map(({ ids }) => ids.length);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  return {
    rows,
    metrics: { 'completion/length_mean': tokens / rows.length, 'completion/length_max': Math.max(...lengths) },
  };
}

/** The prompts of a batch: the data set's order shuffled anew each epoch, or a generator's next problems. */
function promptsOf(options: TrainerOptions, index: number, count: number): readonly Prompt[] {
  const { size } = options.train;
  const orders = new Map<number, readonly number[]>();
  const orderOf = (epoch: number, length: number): readonly number[] => {
    const order = orders.get(epoch) ?? randomStream(options.seed, 'order', epoch).permutation(length);
    orders.set(epoch, order);
    return order;
  };
  return Array.from({ length: count }, (_, i) => {
    const place = index * count + i;
    if (size === undefined) return options.promptOf(options.train.problem(place));
    const order = orderOf(Math.floor(place / size), size);
    return options.promptOf(options.train.problem(order[place % size] ?? 0));
  });
}
