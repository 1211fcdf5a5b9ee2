import { randomStream } from '../tensor/random.ts';
import { evaluatePolicy, type Evaluation } from './evaluate.ts';
import { generateBatch, generationMetrics, type Generation } from './generation.ts';
import { checkGap, checkIdentity, checkTrainedTensors } from './invariants.ts';
import { createLearner, type Learner, type LearnerState, type StepReport } from './learner.ts';
import { activeTokens, cutMicroBatches, type TrainingRow } from './microBatch.ts';
import { createMergedWeights } from './mergedWeights.ts';
import type { Prompt } from './prompts.ts';
import { createSampler, type Sampler, type WeightFeeds } from './rollout.ts';
import { learningRateAt } from './schedule.ts';
import { demonstrationRows, trainingRows } from './trainingRows.ts';
import type { EvaluationPlan, TrainerEvents, TrainerOptions } from './trainerOptions.ts';

/** How training came to its end. */
export interface TrainingOutcome {
  readonly outcome: 'finished' | 'stopped';
  readonly state: LearnerState;
}

/** The parts that live as long as a run. */
interface Run {
  readonly options: TrainerOptions;
  readonly events: TrainerEvents;
  readonly signal: AbortSignal;
  readonly learner: Learner;
  readonly sampler: Sampler;
  /** Merged weights of the policy as it is now. */
  merged(): Promise<WeightFeeds>;
}

/**
 * Trains from `resumeFrom` (or the policy's start) to the last step. Everything random is named by the seed and the step it belongs to, so a resumed run
 * is the same run. Aborting ends it after the generation batch at hand, with a checkpoint.
 */
export async function train(
  options: TrainerOptions,
  events: TrainerEvents,
  signal: AbortSignal,
  resumeFrom?: LearnerState,
): Promise<TrainingOutcome> {
  const learner = createLearner(options.checkpoint, options.step);
  const sampler = createSampler(options.checkpoint.config);
  const mergedWeights = await createMergedWeights(options.checkpoint, options.step.policy);
  const merged = (): Promise<WeightFeeds> => mergedWeights.feeds(learner.state);
  const run: Run = { options, events, signal, learner, sampler, merged };
  try {
    if (resumeFrom !== undefined) learner.restore(resumeFrom);
    else await start(run);
    return await loop(run);
  } finally {
    await Promise.all([learner.release(), sampler.release(), mergedWeights.release()]);
  }
}

/** Invariants and the evaluation of the base, before the first step. */
async function start(run: Run): Promise<void> {
  const { options, events, sampler } = run;
  events.onDidProgress('starting', 0, undefined);
  const prompts = Array.from(
    { length: Math.min(4, options.train.size ?? 4) },
    (_, i) => options.promptOf(options.train.problem(i)).ids,
  );
  const [base, adapted] = [run.learner.policyFeeds(), await run.merged()];
  events.onDidCheck(await checkIdentity(sampler, options.step.policy, base, adapted, prompts));
  if (options.evaluation.before) events.onDidStep(0, await evaluate(run, 'before', 0, options.evaluation.report));
}

async function loop(run: Run): Promise<TrainingOutcome> {
  const { options, events, signal, learner } = run;
  const perGeneration = options.iterations * options.stepsPerGeneration;
  const isSupervised = !options.step.objective.requirements(options.step.objectiveConfig).rollouts;
  let saved = learner.state.step;
  while (learner.state.step < options.steps) {
    const index = learner.state.step / perGeneration;
    const { rows, metrics } = isSupervised ? supervisedBatch(options, index) : await sampledBatch(run, index);
    const lastMetrics = await trainOn(run, rows, metrics, index);
    const { step } = learner.state;
    const isLast = step >= options.steps;
    const isDue = options.evaluation.every > 0 && crosses(step, perGeneration, options.evaluation.every);
    let measured: Readonly<Record<string, number>> = {};
    if (isLast) measured = await evaluate(run, 'after', step, options.evaluation.report);
    else if (isDue) measured = await evaluate(run, 'during', step, options.evaluation.selection);
    events.onDidStep(step, { ...lastMetrics, ...measured });
    const stopping = signal.aborted && !isLast;
    if (isLast || stopping || step - saved >= options.checkpointEvery) {
      events.onDidProgress('saving', step, options.steps);
      await events.onDidReachCheckpoint(learner.state);
      saved = step;
    }
    if (stopping) return { outcome: 'stopped', state: learner.state };
  }
  return { outcome: 'finished', state: learner.state };
}

/** Whether a multiple of `every` lies among the last `count` steps up to `step`. */
function crosses(step: number, count: number, every: number): boolean {
  return Math.floor(step / every) > Math.floor((step - count) / every);
}

interface Batch {
  readonly rows: readonly TrainingRow[];
  readonly metrics: Readonly<Record<string, number>>;
}

async function sampledBatch(run: Run, index: number): Promise<Batch> {
  const { options, events, learner, sampler } = run;
  const groups = options.batchSize / options.generation.groupSize;
  const prompts = promptsOf(options, index, groups);
  const generation: Generation = await generateBatch(sampler, await run.merged(), options.tokenizer, prompts, index, {
    ...options.generation,
    onDidDecode: (tokens) => {
      events.onDidProgress('rollout', tokens, options.batchSize * options.generation.maxTokens);
    },
  });
  events.onDidGenerate(learner.state.step + 1, generation.rows);
  const rows = trainingRows(generation.rows, options);
  const beta = options.step.objective.requirements(options.step.objectiveConfig).beta;
  const scored = beta === 0 ? rows : await withReference(run, rows);
  return { rows: scored, metrics: generationMetrics(generation, options.generation.rewards) };
}

/** Scores rows under the reference policy: the base without adapter, or the adapter as it was at the start. */
async function withReference({ options, learner }: Run, rows: readonly TrainingRow[]): Promise<readonly TrainingRow[]> {
  const now = learner.state;
  const isBase = options.reference === 'base';
  if (!isBase) {
    const parameters = new Map(options.step.policy.parameters.map(({ name, values }) => [name, values]));
    learner.restore({ ...now, parameters });
  }
  const scored: TrainingRow[] = [];
  for (const { rows: part } of cutMicroBatches(rows, options.microBatchTokens)) {
    const logps = await learner.score(part, options.generation.sampling.temperature, !isBase);
    part.forEach((row, i) => scored.push({ ...row, referenceLogps: Array.from(logps[i] ?? []) }));
  }
  learner.restore(now);
  return scored;
}

function supervisedBatch(options: TrainerOptions, index: number): Batch {
  const rows = demonstrationRows(promptsOf(options, index, options.batchSize), options);
  const lengths = rows.map(({ ids }) => ids.length);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  return {
    rows,
    metrics: { 'completion/length_mean': tokens / rows.length, 'completion/length_max': Math.max(...lengths) },
  };
}

/** The prompts of a generation batch: the data set's order shuffled anew each epoch, or a generator's next problems. */
function promptsOf(options: TrainerOptions, index: number, count: number): readonly Prompt[] {
  const { size } = options.train;
  return Array.from({ length: count }, (_, i) => {
    const place = index * count + i;
    if (size === undefined) return options.promptOf(options.train.problem(place));
    const epoch = Math.floor(place / size);
    const order = randomStream(options.seed, 'order', epoch).permutation(size);
    return options.promptOf(options.train.problem(order[place % size] ?? 0));
  });
}

/** Makes the optimizer steps of a generation batch. Reports each but the last, whose metrics it returns. */
async function trainOn(
  run: Run,
  rows: readonly TrainingRow[],
  batchMetrics: Readonly<Record<string, number>>,
  index: number,
): Promise<Readonly<Record<string, number>>> {
  let last: Readonly<Record<string, number>> | undefined;
  const { options, events, learner } = run;
  const globalTokens = activeTokens(rows);
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    const parts = splitSteps(rows, options, index * options.iterations + iteration);
    for (const [part, own] of parts.entries()) {
      if (learner.state.step >= options.steps) return last ?? {};
      if (last !== undefined) events.onDidStep(learner.state.step, last);
      const started = performance.now();
      const { step } = learner.state;
      const learningRate = learningRateAt(options.schedule, step, options.steps, options.learningRate);
      events.onDidProgress('training', step, options.steps);
      const before = learner.state;
      const report = await learner.step(cutMicroBatches(withoutIdleRows(own, options), options.microBatchTokens), {
        learningRate,
        temperature: options.generation.sampling.temperature,
        totalSteps: options.steps,
        counts: {
          globalTokens,
          stepRows: own.length,
          stepsPerGeneration: options.stepsPerGeneration,
          maxCompletionTokens: options.generation.maxTokens,
        },
      });
      if (step === 0) events.onDidCheck(checkTrainedTensors(options.step.policy, before, learner.state));
      const isFirst = iteration === 0 && part === 0;
      if (isFirst) checkGap(report, options);
      last = stepMetrics(report, isFirst ? batchMetrics : {}, own, learningRate, (performance.now() - started) / 1000);
    }
  }
  return last ?? {};
}

/** Rows that cannot move anything are left out: without KL and entropy bonus a row of advantage 0 has no gradient. */
function withoutIdleRows(rows: readonly TrainingRow[], { step }: TrainerOptions): readonly TrainingRow[] {
  if (!step.objective.requirements(step.objectiveConfig).skipsZeroAdvantage) return rows;
  const moving = rows.filter((row) => row.advantage !== 0);
  return moving.length === 0 ? rows.slice(0, 1) : moving;
}

/** A generation batch cut into its optimizer steps, shuffled first where there are several. */
function splitSteps(
  rows: readonly TrainingRow[],
  { stepsPerGeneration, seed }: TrainerOptions,
  pass: number,
): readonly (readonly TrainingRow[])[] {
  if (stepsPerGeneration === 1) return [rows];
  const order = randomStream(seed, 'shuffle', pass).permutation(rows.length);
  const size = rows.length / stepsPerGeneration;
  return Array.from({ length: stepsPerGeneration }, (_, part) =>
    Array.from(order.slice(part * size, (part + 1) * size), (row) => rows[row] as TrainingRow),
  );
}

function stepMetrics(
  report: StepReport,
  batch: Readonly<Record<string, number>>,
  rows: readonly TrainingRow[],
  learningRate: number,
  seconds: number,
): Record<string, number> {
  const tokens = rows.reduce((sum, row) => sum + row.ids.length, 0);
  return {
    ...report.metrics,
    ...batch,
    loss: report.loss,
    grad_norm: report.gradNorm,
    learning_rate: learningRate,
    'training/tokens_per_second': tokens / seconds,
    'time/training': seconds,
    'time/step': seconds + (batch['time/rollout'] ?? 0),
    'memory/peak_rss_bytes': process.resourceUsage().maxRSS * 1024,
  };
}

/** Measures accuracy, reports it, and returns it as metrics. */
async function evaluate(
  run: Run,
  moment: 'before' | 'during' | 'after',
  step: number,
  prompts: readonly Prompt[],
): Promise<Readonly<Record<string, number>>> {
  const { options, events } = run;
  const plan = options.evaluation;
  if (prompts.length === 0) return {};
  const started = performance.now();
  const weights = await run.merged();
  const measured = await evaluateOn(run, weights, plan, prompts);
  const watched: Record<string, Evaluation> = {};
  if (moment !== 'during') {
    for (const [family, others] of Object.entries(plan.watched))
      watched[family] = await evaluateOn(run, weights, plan, others);
  }
  events.onDidEvaluate(moment, step, measured, watched);
  return {
    ...accuracyMetrics('evaluation', measured),
    ...Object.fromEntries(
      Object.entries(watched).flatMap(([family, evaluation]) =>
        Object.entries(accuracyMetrics(`evaluation/${family}`, evaluation)),
      ),
    ),
    'time/evaluation': (performance.now() - started) / 1000,
  };
}

function accuracyMetrics(
  prefix: string,
  { accuracy, low, high, passAtK, meanTokens }: Evaluation,
): Record<string, number> {
  const passes = Object.entries(passAtK).map(([k, value]) => [`${prefix}/pass@${k}`, value] as const);
  return {
    [`${prefix}/accuracy`]: accuracy,
    [`${prefix}/low`]: low,
    [`${prefix}/high`]: high,
    [`${prefix}/tokens_mean`]: meanTokens,
    ...(passes.length > 1 ? Object.fromEntries(passes) : {}),
  };
}

function evaluateOn(
  { options, events, sampler }: Run,
  weights: WeightFeeds,
  plan: EvaluationPlan,
  prompts: readonly Prompt[],
): Promise<Evaluation> {
  return evaluatePolicy(sampler, weights, options.tokenizer, prompts, plan.reward, {
    samples: plan.samples,
    temperature: plan.temperature,
    topP: plan.topP,
    seed: plan.seed,
    maxCompletionTokens: options.generation.maxTokens,
    stopIds: options.generation.stopIds,
    onDidProgress: (done, total) => {
      events.onDidProgress('evaluating', done, total);
    },
  });
}
