import { RlvrError } from '../errors.ts';
import { groupAdvantages } from './advantage.ts';
import { afterOutcomes, type AskedOutcome, type AskedProblem } from './curriculum.ts';
import { generateBatch, rewardTable, type Generation, type ScoredCompletion } from './generation.ts';
import type { Learner } from './learner.ts';
import { nextProblems } from './problemOrder.ts';
import type { Sampler, WeightFeeds } from './rollout.ts';
import type { TrainerEvents, TrainerOptions } from './trainerOptions.ts';
import type { TrainingProgress } from './trainingProgress.ts';

/** The policy that samples a generation batch. */
export interface SamplingPolicy {
  readonly options: TrainerOptions;
  readonly events: TrainerEvents;
  readonly learner: Learner;
  readonly sampler: Sampler;
  readonly weights: WeightFeeds;
}

/** Groups of completions, and which of them are trained on. */
export interface SampledGroups {
  /** Everything that was sampled, group after group. */
  readonly generation: Generation;
  /** Places of the rows that are trained on, in order; whole groups. */
  readonly chosen: readonly number[];
  readonly progress: TrainingProgress;
  readonly metrics: Readonly<Record<string, number>>;
}

interface Sampled {
  readonly generation: Generation;
  readonly progress: TrainingProgress;
  readonly replayed: number;
}

/** A share below which a refill is not made larger: the next batch may have more to teach. */
const leastShare = 1 / 8;

/**
 * Samples the groups of a generation batch. With dynamic sampling (DAPO, arXiv 2503.14476, section 3.2) groups that teach nothing are left
 * out and others sampled in their place, until the batch is full or so many batches were sampled.
 *
 * @throws RlvrError `training/no-signal` at the limit, where the experiment wants that
 */
export async function sampleGroups(policy: SamplingPolicy, from: TrainingProgress): Promise<SampledGroups> {
  const { batchSize, generation: options, dynamicSampling } = policy.options;
  const wanted = batchSize / options.groupSize;
  if (dynamicSampling === undefined) {
    const { generation, progress, replayed } = await sampleOnce(policy, from, wanted);
    const metrics = curriculumMetrics(policy.options, progress, replayed / wanted);
    return { generation, chosen: generation.rows.map((_, row) => row), progress, metrics };
  }
  let progress = from;
  let all: Generation | undefined;
  let teaching: readonly number[] = [];
  let [batches, replayed] = [0, 0];
  for (; batches < dynamicSampling.maxBatches && teaching.length < wanted; batches++) {
    const groups = (all?.rows.length ?? 0) / options.groupSize;
    const share = groups === 0 ? 1 : Math.max(teaching.length / groups, leastShare);
    const refill = Math.min(wanted, Math.ceil((wanted - teaching.length) / share));
    const sampled = await sampleOnce(policy, progress, refill);
    ({ progress } = sampled);
    replayed += sampled.replayed;
    all = all === undefined ? sampled.generation : joined(all, sampled.generation);
    teaching = teachingGroups(all.rows, policy.options);
  }
  if (all === undefined) throw new RangeError('dynamic sampling sampled nothing');
  const groups = all.rows.length / options.groupSize;
  const kept = atLimit(teaching, groups, wanted, policy.options, batches);
  return {
    generation: all,
    chosen: kept.flatMap((group) => rowsOf(group, options.groupSize)),
    progress,
    metrics: {
      'dynamic_sampling/kept': teaching.length / groups,
      'dynamic_sampling/batches': batches,
      'dynamic_sampling/groups': groups,
      'dynamic_sampling/filled': Math.min(teaching.length, wanted) / wanted,
      ...curriculumMetrics(policy.options, progress, replayed / groups),
    },
  };
}

/** Groups that are trained on: as many as are wanted where there are, else as the experiment says. */
function atLimit(
  teaching: readonly number[],
  groups: number,
  wanted: number,
  { dynamicSampling, generation }: TrainerOptions,
  batches: number,
): readonly number[] {
  if (teaching.length >= wanted) return teaching.slice(0, wanted);
  if (dynamicSampling?.atLimit === 'fail') {
    throw new RlvrError(
      'training/no-signal',
      `Dynamic sampling found ${teaching.length} of ${wanted} groups whose rewards differ among ${groups} ` +
        `(${batches} batches, groups of ${generation.groupSize}). The problems are too hard or too easy for the policy: ` +
        'choose others, or set rollout.dynamic_sampling.at_limit to "smaller" or "fill".',
      { found: teaching.length, wanted, groups, batches },
    );
  }
  // Without any group that teaches, the others make a step without a gradient.
  if (dynamicSampling?.atLimit === 'smaller' && teaching.length > 0) return teaching;
  const idle = Array.from({ length: groups }, (_, group) => group).filter((group) => !teaching.includes(group));
  return [...teaching, ...idle.slice(0, wanted - teaching.length)].sort((a, b) => a - b);
}

async function sampleOnce(policy: SamplingPolicy, from: TrainingProgress, count: number): Promise<Sampled> {
  const { options, events, sampler, weights } = policy;
  const { groupSize, maxTokens } = options.generation;
  const { asked, replayed, progress } = nextProblems(options, from, count);
  const prompts = asked.map(({ problem }) => options.promptOf(problem));
  const generation = await generateBatch(sampler, weights, options.tokenizer, prompts, from.batches, {
    ...options.generation,
    onDidDecode: (tokens) => {
      events.onDidProgress('rollout', tokens, count * groupSize * maxTokens);
    },
  });
  const outcomes = asked.map((own, group) => outcomeOf(own, rowsOf(group, groupSize), generation.rows, options));
  const curriculum = afterOutcomes(options.curriculum, progress.curriculum, outcomes);
  return { generation, replayed, progress: { ...progress, curriculum } };
}

/** How often a problem was solved, by the reward that says whether an answer is right. */
function outcomeOf(
  asked: AskedProblem,
  rows: readonly number[],
  all: readonly ScoredCompletion[],
  { verifier }: TrainerOptions,
): AskedOutcome {
  const values = rows.flatMap((row) => all[row]?.scores[verifier]?.value ?? []);
  return { ...asked, judged: values.length, correct: values.filter((value) => value >= 1).length };
}

/** Groups whose rewards differ, and of which at least one completion takes part in the loss. */
function teachingGroups(
  rows: readonly ScoredCompletion[],
  { generation: { groupSize, rewards }, maskTruncated }: TrainerOptions,
): readonly number[] {
  const weights = rewards.map(({ weight }) => weight);
  const { advantages } = groupAdvantages(
    { rewards: rewardTable(rows), weights, groupSize },
    { scaleRewards: 'none', aggregation: 'sum_then_normalize' },
  );
  const teaches = (row: number): boolean =>
    Math.abs(advantages[row] ?? 0) > 1e-8 && (!maskTruncated || rows[row]?.completion.finished === true);
  return Array.from({ length: rows.length / groupSize }, (_, group) => group).filter((group) =>
    rowsOf(group, groupSize).some(teaches),
  );
}

function rowsOf(group: number, groupSize: number): readonly number[] {
  return Array.from({ length: groupSize }, (_, i) => group * groupSize + i);
}

function joined(first: Generation, second: Generation): Generation {
  const before = first.rows.length;
  return {
    rows: [...first.rows, ...second.rows],
    failures: [...first.failures, ...second.failures.map((failure) => ({ ...failure, row: failure.row + before }))],
    seconds: first.seconds + second.seconds,
    judgingSeconds: first.judgingSeconds + second.judgingSeconds,
  };
}

function curriculumMetrics(
  { curriculum }: TrainerOptions,
  { curriculum: { rates, hard } }: TrainingProgress,
  replayedShare: number,
): Record<string, number> {
  if (curriculum.type === 'off') return {};
  if (curriculum.type === 'replay') return { 'curriculum/replayed': replayedShare, 'curriculum/buffer': hard.length };
  const known = Object.values(rates).filter(([judged]) => judged > 0);
  const mean = known.reduce((sum, [judged, right]) => sum + right / judged, 0) / Math.max(known.length, 1);
  return { 'curriculum/known': known.length, 'curriculum/pass_rate': mean };
}
