import { randomStream } from '../tensor/random.ts';
import { checkGap, checkTrainedTensors } from './invariants.ts';
import type { Learner, StepReport } from './learner.ts';
import { activeTokens, cutMicroBatches, type TrainingRow } from './microBatch.ts';
import { withSyncedReference } from './referenceSync.ts';
import { learningRateAt } from './schedule.ts';
import type { TrainerEvents, TrainerOptions } from './trainerOptions.ts';

/** Values of one step, by name. */
type StepMetrics = Readonly<Record<string, number>>;

/** Rows to learn from, with what is known of them before the first update. */
export interface TrainingBatch {
  readonly rows: readonly TrainingRow[];
  readonly metrics: StepMetrics;
}

/** What the optimizer steps of a run share. */
export interface StepContext {
  readonly options: TrainerOptions;
  readonly events: TrainerEvents;
  readonly learner: Learner;
}

/** What a generation batch costs; it counts in the first of its steps alone. */
const costNames: readonly string[] = ['time/rollout', 'time/rewards', 'rollout/tokens', 'reward/failures'];
/** What only the first step on a generation batch can tell, while the policy is the one that sampled; the others repeat it. */
const gapNames: readonly string[] = ['logps/gap_max', 'logps/gap_mean'];

/** Makes the optimizer steps of the generation batch of this index. Reports each but the last, whose metrics it returns. */
export async function trainOn(context: StepContext, batch: TrainingBatch, index: number): Promise<StepMetrics> {
  const { options, events, learner } = context;
  const parts = splitSteps(batch.rows, options, index);
  const steps = Array.from({ length: options.iterations }, () => parts).flat();
  const globalTokens = activeTokens(batch.rows);
  let known = batch.metrics;
  let last: StepMetrics = {};
  for (const [i, rows] of steps.entries()) {
    if (learner.state.step >= options.steps) break;
    if (i > 0) events.onDidStep(learner.state.step, last);
    const { report, metrics } = await takeStep(context, rows, globalTokens);
    if (i === 0) known = { ...known, ...checkedGap(context, report) };
    last = { ...known, ...metrics, 'time/step': (metrics['time/training'] ?? 0) + (known['time/rollout'] ?? 0) };
    if (i === 0) known = { ...known, ...Object.fromEntries(costNames.map((name) => [name, 0])) };
  }
  return last;
}

/** One optimizer step on its part of a generation batch. Its metrics are those that only this step can tell. */
async function takeStep(
  { options, events, learner }: StepContext,
  rows: readonly TrainingRow[],
  globalTokens: number,
): Promise<{ report: StepReport; metrics: StepMetrics }> {
  const started = performance.now();
  const before = learner.state;
  const learningRate = learningRateAt(options.schedule, before.step, options.steps, options.learningRate);
  events.onDidProgress('training', before.step, options.steps);
  const moving = withoutIdleRows(rows, options);
  const report = await learner.step(cutMicroBatches(moving, options.microBatchTokens), {
    learningRate,
    temperature: options.generation.sampling.temperature,
    totalSteps: options.steps,
    counts: {
      globalTokens,
      stepRows: rows.length,
      stepsPerGeneration: options.stepsPerGeneration,
      maxCompletionTokens: options.generation.maxTokens,
    },
  });
  if (before.step === 0) events.onDidCheck(checkTrainedTensors(options.step.policy, before, learner.state));
  learner.restore(withSyncedReference(learner.state, options.step.policy, options.referenceSync));
  const seconds = (performance.now() - started) / 1000;
  const tokens = rows.reduce((sum, row) => sum + row.ids.length, 0);
  // The sampler has the entropy of all rows, of which the loss saw only those that move something.
  const hidden = moving.length === rows.length ? gapNames : [...gapNames, 'entropy'];
  const metrics = {
    ...chosen(report.metrics, (name) => !hidden.includes(name)),
    loss: report.loss,
    grad_norm: report.gradNorm,
    learning_rate: learningRate,
    'training/tokens_per_second': tokens / seconds,
    'time/training': seconds,
    'memory/peak_rss_bytes': process.resourceUsage().maxRSS * 1024,
  };
  return { report, metrics };
}

/** Sampler and trainer must be one policy; recorded in the run's first step, tested in the first step of every generation batch. */
function checkedGap({ options, events, learner }: StepContext, { metrics }: StepReport): StepMetrics {
  if (!options.step.objective.requirements(options.step.objectiveConfig).rollouts) return {};
  const check = checkGap(options.step.policy, { metrics });
  if (learner.state.step === 1) events.onDidCheck(check);
  return chosen(metrics, (name) => gapNames.includes(name));
}

/**
 * Rows that cannot move anything are left out. Only where the policy is the one that sampled: every ratio is then 1, so that the
 * metrics of what is left are those of all rows; the gap between sampler and trainer is then measured on what is left.
 */
function withoutIdleRows(rows: readonly TrainingRow[], { step }: TrainerOptions): readonly TrainingRow[] {
  const { skipsZeroAdvantage } = step.objective.requirements(step.objectiveConfig);
  if (!skipsZeroAdvantage || !step.oldIsCurrent) return rows;
  const moving = rows.filter((row) => row.advantage !== 0 && row.active);
  return moving.length === 0 ? rows.slice(0, 1) : moving;
}

/** A generation batch cut into its optimizer steps, shuffled first where there are several. Each pass over it takes the same steps. */
function splitSteps(
  rows: readonly TrainingRow[],
  { stepsPerGeneration, seed }: TrainerOptions,
  index: number,
): readonly (readonly TrainingRow[])[] {
  if (stepsPerGeneration === 1) return [rows];
  const order = randomStream(seed, 'shuffle', index).permutation(rows.length);
  const size = rows.length / stepsPerGeneration;
  return Array.from({ length: stepsPerGeneration }, (_, part) =>
    Array.from(order.slice(part * size, (part + 1) * size), (row) => rows[row] as TrainingRow),
  );
}

function chosen(metrics: StepMetrics, isChosen: (name: string) => boolean): StepMetrics {
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => isChosen(name)));
}
