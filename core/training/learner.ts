import { RlvrError } from '../errors.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { rotaryValues, type RotaryValues } from '../model/rotaryTable.ts';
import type { TensorData, TensorResult } from '../tensor/compile.ts';
import { createGraphCache, type GraphCache } from '../tensor/graphCache.ts';
import { valueCount } from '../valueCount.ts';
import { hookPrefixes, hookScalars, hookStates } from './adapterHooks.ts';
import { dropoutFeeds, type DropoutRates } from './dropout.ts';
import { activeTokens, lossFeeds, sequenceFeeds, type MicroBatch, type TrainingRow } from './microBatch.ts';
import { frozenFeeds, parameterValues, policyPrefixes, trainableParameters } from './policy.ts';
import {
  compileScore,
  compileStep,
  countNames,
  slotName,
  objectiveStart,
  slotsOf,
  stepPrefixes,
  type StepOptions,
} from './stepGraph.ts';

/** Counts that the loss needs beyond those of the micro-batch itself. */
export interface StepCounts {
  readonly globalTokens: number;
  readonly stepRows: number;
  readonly stepsPerGeneration: number;
  readonly maxCompletionTokens: number;
}

/** Numbers of one optimizer step. */
export interface StepNumbers {
  readonly learningRate: number;
  readonly temperature: number;
  /** Steps of the whole run; adapters whose hooks follow a schedule read it. */
  readonly totalSteps: number;
  readonly counts: StepCounts;
}

/** What a step did. */
export interface StepReport {
  /** Summed over micro-batches. */
  readonly loss: number;
  /** Before clipping. */
  readonly gradNorm: number;
  /** The objective's metrics, `logps/gap_max` and `logps/gap_mean`, and what the adapter's hooks report, under `adapter/`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Loss of each micro-batch, in order. */
  readonly losses: readonly number[];
  /** Log-probabilities of each micro-batch's completion tokens, one after another. */
  readonly logps: readonly Float32Array[];
}

/** Parameters, optimizer state and step count: all that training changes. Arrays are replaced, never written to. */
export interface LearnerState {
  readonly step: number;
  /** By parameter name. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** The optimizer's tensors by slotName, and those of the adapter's hooks. */
  readonly slots: ReadonlyMap<string, Float32Array>;
  /** What the objective carries from step to step. */
  readonly objective: Readonly<Record<string, number>>;
}

/** Makes optimizer steps on a policy. */
export interface Learner {
  readonly state: LearnerState;
  restore(state: LearnerState): void;
  /** One update from all of its micro-batches. Throws `training/not-finite` and then leaves the state as it was. */
  step(batches: readonly MicroBatch[], numbers: StepNumbers): Promise<StepReport>;
  /** Log-probabilities of the rows' tokens, one array a row, under the current policy or under the base without adapter. */
  score(rows: readonly TrainingRow[], temperature: number, adapted: boolean): Promise<Float32Array[]>;
  /** Feeds of the policy as it is now. */
  policyFeeds(): Readonly<Record<string, Float32Array>>;
  release(): Promise<void>;
}

/** The training graph, and those that score under the policy and under the base. */
const mostGraphs = 3;

/** A learner at the policy's start. Graphs are traced when first needed. */
export function createLearner(checkpoint: Checkpoint, options: StepOptions): Learner {
  const { policy } = options;
  const frozen = frozenFeeds(checkpoint, policy);
  const graphs = createGraphCache(mostGraphs);
  const dropoutRates: DropoutRates = new Map();
  let state = initialState(options);
  let table: RotaryValues | undefined;
  const rotary = (width: number): RotaryValues => {
    if (table === undefined || table.positions < width) table = rotaryValues(policy.config, width);
    return table;
  };
  const policyFeeds = (): Readonly<Record<string, Float32Array>> => ({
    ...frozen,
    ...Object.fromEntries([...state.parameters].map(([name, values]) => [policyPrefixes.parameter + name, values])),
  });
  const commonFeeds = (rows: readonly TrainingRow[], temperature: number) => {
    const { feeds, sizes } = sequenceFeeds(rows, policy.config);
    const { cos, sin, positions } = rotary(
      rows.reduce((longest, row) => Math.max(longest, row.prompt.length + row.ids.length), 1),
    );
    return {
      feeds: { ...policyFeeds(), ...feeds, cos, sin, inverseTemperature: Float32Array.of(1 / temperature) },
      sizes: { ...sizes, positions },
    };
  };
  return {
    get state() {
      return state;
    },
    restore: (next) => {
      state = next;
    },
    policyFeeds,
    step: async (batches, numbers) => {
      const outcome = await runStep({ batches, numbers, options, state, commonFeeds, graphs, dropoutRates });
      state = outcome.state;
      return outcome.report;
    },
    score: async (rows, temperature, adapted) => {
      const { feeds, sizes } = commonFeeds(rows, temperature);
      const { logps } = await graphs.use(
        `score ${adapted}`,
        () => compileScore(policy, adapted),
        (scorer) => scorer.run(feeds, sizes),
      );
      const all = floats(logps);
      let at = 0;
      return rows.map((row) => all.slice(at, (at += row.ids.length)));
    },
    release: () => graphs.release(),
  };
}

function initialState(options: StepOptions): LearnerState {
  const parameters = parameterValues(options.policy);
  const slots = new Map<string, Float32Array>();
  for (const parameter of trainableParameters(options.policy)) {
    for (const { name, shape, initial = 0 } of slotsOf(options, parameter)) {
      slots.set(slotName(parameter.name, name), new Float32Array(valueCount(shape)).fill(initial));
    }
  }
  for (const { name, values } of hookStates(options.policy)) slots.set(hookPrefixes.state + name, values);
  return { step: 0, parameters, slots, objective: objectiveStart(options) };
}

interface StepRun {
  readonly batches: readonly MicroBatch[];
  readonly numbers: StepNumbers;
  readonly options: StepOptions;
  readonly state: LearnerState;
  readonly commonFeeds: (
    rows: readonly TrainingRow[],
    temperature: number,
  ) => { feeds: Record<string, TensorData>; sizes: Record<string, number> };
  readonly graphs: GraphCache;
  readonly dropoutRates: DropoutRates;
}

type Results = Readonly<Record<string, TensorResult>>;

async function runStep(run: StepRun): Promise<{ state: LearnerState; report: StepReport }> {
  const { batches, numbers, options, state, graphs, dropoutRates } = run;
  const trained = trainableParameters(options.policy);
  let gradients: Record<string, Float32Array> = Object.fromEntries(
    trained.map(({ name, values }) => [stepPrefixes.gradient + name, new Float32Array(values.length)]),
  );
  const extra = hookScalars(options.policy, state.step + 1, numbers.totalSteps);
  const trace = { hookScalarNames: Object.keys(extra), dropoutRates };
  const results: Results[] = [];
  for (const [i, { rows }] of batches.entries()) {
    const isLast = i === batches.length - 1;
    const { feeds, sizes } = run.commonFeeds(rows, numbers.temperature);
    const all = {
      ...feeds,
      ...lossFeeds(rows),
      ...countFeeds(rows, numbers.counts, batches.length),
      ...objectiveFeeds(state),
      ...updateFeeds(state, numbers, extra),
      ...gradients,
      isLast: Uint8Array.of(isLast ? 1 : 0),
    };
    const moment = { seed: options.seed ?? 0, step: state.step + 1, batch: i };
    const result = await graphs.use(
      'step',
      () => compileStep(options, trace),
      (graph) => graph.run({ ...all, ...dropoutFeeds(options.policy, dropoutRates, sizes, moment) }, sizes),
    );
    results.push(result);
    if (!isLast) gradients = Object.fromEntries(Object.keys(gradients).map((name) => [name, floats(result[name])]));
  }
  const last = results.at(-1) ?? {};
  const report = reportOf(results);
  assertFinite(state.step + 1, report, last);
  const taken = <K>(map: ReadonlyMap<K, Float32Array>, nameOf: (key: K) => string): Map<K, Float32Array> =>
    new Map(
      [...map].map(([key, values]) => [key, last[nameOf(key)] === undefined ? values : floats(last[nameOf(key)])]),
    );
  return {
    state: {
      step: state.step + 1,
      parameters: taken(state.parameters, (name) => stepPrefixes.parameter + name),
      slots: taken(state.slots, (name) => name),
      objective:
        options.objective.state?.next(options.objectiveConfig, state.objective, report.metrics) ?? state.objective,
    },
    report,
  };
}

function countFeeds(rows: readonly TrainingRow[], counts: StepCounts, batches: number): Record<string, Float32Array> {
  const values: Record<(typeof countNames)[number], number> = {
    ...counts,
    rows: rows.length,
    localTokens: activeTokens(rows),
    accumulation: batches,
  };
  return Object.fromEntries(countNames.map((name) => [`count.${name}`, Float32Array.of(values[name])]));
}

function objectiveFeeds(state: LearnerState): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(state.objective).map(([name, value]) => [stepPrefixes.objective + name, Float32Array.of(value)]),
  );
}

function updateFeeds(
  state: LearnerState,
  numbers: StepNumbers,
  extra: Readonly<Record<string, number>>,
): Record<string, Float32Array> {
  const scalars = Object.entries(extra).map(([name, value]) => [hookPrefixes.scalar + name, Float32Array.of(value)]);
  return {
    ...(Object.fromEntries(scalars) as Record<string, Float32Array>),
    ...Object.fromEntries(state.slots),
    learningRate: Float32Array.of(numbers.learningRate),
    step: Float32Array.of(state.step + 1),
  };
}

function reportOf(results: readonly Results[]): StepReport {
  const scalar = (result: Results, name: string): number => result[name]?.data[0] ?? NaN;
  const total = (name: string): number => results.reduce((sum, result) => sum + scalar(result, name), 0);
  const losses = results.map((result) => scalar(result, 'loss'));
  const names = Object.keys(results[0] ?? {}).filter((name) => name.startsWith(stepPrefixes.sum));
  const metrics = Object.fromEntries(
    names.map((prefixed) => {
      const name = prefixed.slice(stepPrefixes.sum.length);
      return [name, combined(results, name)];
    }),
  );
  return {
    loss: losses.reduce((sum, loss) => sum + loss, 0),
    losses,
    gradNorm: scalar(results.at(-1) ?? {}, 'grad_norm'),
    metrics: {
      ...metrics,
      ...hookMetrics(results.at(-1) ?? {}),
      'logps/gap_max': Math.max(...results.map((result) => scalar(result, 'gap.max'))),
      'logps/gap_mean': total('gap.sum') / Math.max(total('gap.weight'), 1),
    },
    logps: results.map((result) => floats(result['logps'])),
  };
}

/**
 * A metric over all micro-batches, however they were cut: the sum by the weight, or, where the name ends so, the extreme of the
 * micro-batches that have one. 0 where none has.
 */
function combined(results: readonly Results[], name: string): number {
  const parts = results
    .map((result) => [stepPrefixes.sum, stepPrefixes.weight].map((prefix) => result[prefix + name]?.data[0] ?? NaN))
    .map(([sum = NaN, weight = NaN]) => ({ sum, weight }))
    .filter(({ weight }) => weight !== 0);
  if (parts.length === 0) return 0;
  if (name.endsWith('_min')) return Math.min(...parts.map(({ sum, weight }) => sum / weight));
  if (name.endsWith('_max')) return Math.max(...parts.map(({ sum, weight }) => sum / weight));
  const total = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  return total(parts.map(({ sum }) => sum)) / total(parts.map(({ weight }) => weight));
}

function hookMetrics(last: Results): Record<string, number> {
  const own = Object.entries(last).filter(([name]) => name.startsWith(hookPrefixes.metric));
  return Object.fromEntries(
    own.map(([name, { data }]) => [`adapter/${name.slice(hookPrefixes.metric.length)}`, data[0] ?? NaN]),
  );
}

/** Stops training before a value that is not a number gets into the state; names the first tensor that holds one. */
function assertFinite(step: number, report: StepReport, last: Results): void {
  if (Number.isFinite(report.loss) && Number.isFinite(report.gradNorm)) return;
  const broken = Object.entries(last).find(
    ([name, { data }]) => name.startsWith(stepPrefixes.parameter) && !Array.prototype.every.call(data, Number.isFinite),
  );
  const tensor = broken?.[0].slice(stepPrefixes.parameter.length);
  throw new RlvrError(
    'training/not-finite',
    `Step ${step} gave a loss of ${report.loss} and a gradient norm of ${report.gradNorm}` +
      `${tensor === undefined ? '' : `; the update of "${tensor}" is not finite`}. The state of before the step is kept. ` +
      'A lower learning_rate or a smaller training.max_grad_norm usually helps.',
    { step, loss: String(report.loss), gradNorm: String(report.gradNorm), tensor },
  );
}

function floats(result: TensorResult | undefined): Float32Array {
  if (!(result?.data instanceof Float32Array))
    throw new RlvrError('tensor/run', 'The graph gave no float32 values where they were expected.');
  return result.data;
}
