import type { Objective, PolicyBatch } from '../contracts/objective.ts';
import type { Optimizer, SlotSpec } from '../contracts/optimizer.ts';
import type { InitialParameter } from '../contracts/parameter.ts';
import { clipByNorm } from '../optimizer/gradient/clipByNorm.ts';
import type { GradientStep } from '../optimizer/gradient/gradientSteps.ts';
import { transformGradients, type DirectionSource } from '../optimizer/gradient/transformGradients.ts';
import { withoutGradient } from '../tensor/ops/withoutGradient.ts';
import { runDecoder } from '../model/decoder.ts';
import { packedInputs } from '../model/packedInputs.ts';
import { predictCompletions } from '../model/predict.ts';
import { compile, type CompiledGraph } from '../tensor/compile.ts';
import { branch } from '../tensor/ops/branch.ts';
import { permuteRows } from '../tensor/ops/rows.ts';
import { tf } from '../tensor/tf.ts';
import type { InputSpec } from '../tensor/trace.ts';
import { finishStep, hookInputs, hookPenalty, hookPrefixes, transformedGradients } from './adapterHooks.ts';
import { dropoutInputs, maskedDropout, type DropoutRates } from './dropout.ts';
import { policyInputs, trainableParameters, type Policy, type Dropout } from './policy.ts';
import { fedParameters, policyLayers } from './policyLayers.ts';

/** What fixes a training graph. */
export interface StepOptions {
  readonly policy: Policy;
  readonly objective: Objective;
  readonly objectiveConfig: unknown;
  readonly optimizer: Optimizer;
  readonly optimizerConfig: unknown;
  /** What is done to gradients before they are clipped, with the directions that projections need. */
  readonly gradient?: { readonly steps: readonly GradientStep[]; readonly directions: DirectionSource };
  /** 0: gradients are not clipped. */
  readonly maxGradNorm: number;
  /** Whether the ratio starts from the current policy itself (one update per generation batch): the old log-probabilities are not read. */
  readonly oldIsCurrent: boolean;
  /** Names the random numbers of dropout; 0 where it is left out. */
  readonly seed?: number;
}

/** Prefixes of inputs and outputs; a trained parameter's name follows. */
export const stepPrefixes = {
  gradient: 'gradient.',
  parameter: 'parameter.',
  slot: 'slot.',
  sum: 'sum.',
  weight: 'weight.',
  objective: 'objective.',
} as const;

/** What is known of a training graph only once it is traced, or before, and fixes its inputs. */
export interface StepTrace {
  /** What the adapter's hooks are fed, by name. */
  readonly hookScalarNames: readonly string[];
  /** Is told which layers drop inputs. */
  readonly dropoutRates: DropoutRates;
}

/** Scalars of a micro-batch, in the contract's names. */
export const countNames = [
  'rows',
  'localTokens',
  'globalTokens',
  'stepRows',
  'stepsPerGeneration',
  'accumulation',
  'maxCompletionTokens',
] as const;

type Tensors = Readonly<Record<string, tf.Tensor>>;
type Outputs = Record<string, tf.Tensor>;

/** The optimizer's tensors for a parameter. */
export function slotsOf(
  options: Pick<StepOptions, 'optimizer' | 'optimizerConfig'>,
  parameter: InitialParameter,
): readonly SlotSpec[] {
  return options.optimizer.slots(options.optimizerConfig, parameter);
}

/** The objective's own state before the first step. */
export function objectiveStart({
  objective,
  objectiveConfig,
}: Pick<StepOptions, 'objective' | 'objectiveConfig'>): Readonly<Record<string, number>> {
  return objective.state?.initial(objectiveConfig) ?? {};
}

/** Name of a slot's input and output. */
export function slotName(parameter: string, slot: string): string {
  return `${stepPrefixes.slot}${slot}.${parameter}`;
}

/**
 * The training graph: adds a micro-batch's gradients to those it is fed and, where `isLast` says that it is the
 * step's last one, clips them and makes the update. One graph for both, since each would keep memory of its own for
 * all that it computes.
 */
export function compileStep(options: StepOptions, trace: StepTrace): Promise<CompiledGraph> {
  const { hookScalarNames } = trace;
  const inputs = {
    ...batchInputs(options),
    ...updateInputs(options),
    ...hookInputs(options.policy, hookScalarNames),
    ...dropoutInputs(options.policy),
  };
  return compile(inputs, (tensors) => {
    const dropout = maskedDropout(options.policy, tensors, trace.dropoutRates);
    const { gradients, metrics } = lossAndGradients(options, tensors, dropout);
    const named = trainableParameters(options.policy).map(
      ({ name }, i) => [stepPrefixes.gradient + name, gradients[i] as tf.Tensor] as const,
    );
    const updated = branch(
      tensors['isLast'] as tf.Tensor,
      () => update(options, tensors, gradients, hookScalarNames),
      // Nothing is updated, and nothing that could be read in its place is copied.
      (names) => Object.fromEntries(names.map((name) => [name, tf.scalar(0)])),
    );
    return { ...metrics, ...Object.fromEntries(named), ...updated };
  });
}

/** A graph that scores completions under the policy (or, with `adapted` false, the base): `logps` and `entropies` [completionTokens]. */
export function compileScore(policy: Policy, adapted: boolean): Promise<CompiledGraph> {
  const inputs = { ...policyInputs(policy), ...sequenceInputs(policy) };
  const scored = adapted ? policy : { ...policy, targets: new Map<string, never>() };
  return compile(inputs, (tensors) => {
    const layers = policyLayers(scored, tensors, fedParameters(tensors));
    const { hidden } = runDecoder(policy.config, layers, tensors, rotaryOf(tensors));
    return { ...predictCompletions(layers, hidden, tensors, tensors['inverseTemperature'] as tf.Scalar) };
  });
}

function sequenceInputs(policy: Policy): Record<string, InputSpec> {
  const half = policy.config.headDim / 2;
  return {
    ...packedInputs(policy.config, true),
    cos: { shape: ['positions', half], dtype: 'float32' },
    sin: { shape: ['positions', half], dtype: 'float32' },
    inverseTemperature: { shape: [], dtype: 'float32' },
  };
}

function batchInputs(options: StepOptions): Record<string, InputSpec> {
  const { policy, objective, objectiveConfig } = options;
  const padded: InputSpec = { shape: ['completions', 'completionWidth'], dtype: 'float32' };
  const scalars = Object.fromEntries(
    countNames.map((name) => [`count.${name}`, { shape: [], dtype: 'float32' } as const]),
  );
  const accumulated = trainableParameters(policy).map(
    ({ name, shape }) => [stepPrefixes.gradient + name, { shape, dtype: 'float32' }] as const,
  );
  const { advantage, beta } = objective.requirements(objectiveConfig);
  return {
    ...policyInputs(policy),
    ...sequenceInputs(policy),
    tokenAt: { shape: ['completions', 'completionWidth'], dtype: 'int32' },
    placeOf: { shape: ['completionTokens'], dtype: 'int32' },
    mask: padded,
    oldLogps: padded,
    policyLogps: padded,
    samplingLogps: padded,
    ...(beta === 0 ? {} : { referenceLogps: padded }),
    ...(advantage === 'global' ? { tokenAdvantages: padded } : {}),
    advantages: { shape: ['completions'], dtype: 'float32' },
    ...scalars,
    ...Object.fromEntries(
      Object.keys(objectiveStart(options)).map((name) => [
        stepPrefixes.objective + name,
        { shape: [], dtype: 'float32' } as const,
      ]),
    ),
    ...Object.fromEntries(accumulated),
  };
}

function updateInputs(options: StepOptions): Record<string, InputSpec> {
  const slots = trainableParameters(options.policy).flatMap((parameter) =>
    slotsOf(options, parameter).map(
      ({ name, shape }) => [slotName(parameter.name, name), { shape, dtype: 'float32' }] as const,
    ),
  );
  return {
    isLast: { shape: [], dtype: 'bool' },
    learningRate: { shape: [], dtype: 'float32' },
    step: { shape: [], dtype: 'float32' },
    ...Object.fromEntries(slots),
  };
}

function rotaryOf(tensors: Tensors): { cos: tf.Tensor2D; sin: tf.Tensor2D } {
  return { cos: tensors['cos'] as tf.Tensor2D, sin: tensors['sin'] as tf.Tensor2D };
}

/** The batch's gradients added to those fed, in the order of the trained parameters, and the sums its metrics are made of. */
function lossAndGradients(
  options: StepOptions,
  tensors: Tensors,
  dropout: Dropout,
): { gradients: tf.Tensor[]; metrics: Outputs } {
  const { policy } = options;
  const trained = trainableParameters(policy);
  const metrics: Outputs = {};
  const keep = (name: string, tensor: tf.Tensor): void => {
    metrics[name] = tf.keep(tensor);
  };
  const fed = fedParameters(tensors);
  const loss = (...values: tf.Tensor[]): tf.Scalar => {
    const own = new Map(trained.map(({ name }, i) => [name, values[i] as tf.Tensor]));
    const lookUp = (name: string): tf.Tensor => own.get(name) ?? fed(name);
    const layers = policyLayers(policy, tensors, lookUp, dropout);
    const { hidden } = runDecoder(policy.config, layers, tensors, rotaryOf(tensors));
    const { logps, entropies } = predictCompletions(
      layers,
      hidden,
      tensors,
      tensors['inverseTemperature'] as tf.Scalar,
    );
    const batch = policyBatch(options, tensors, logps, entropies);
    const result = options.objective.loss(options.objectiveConfig, batch);
    for (const [name, { sum, weight }] of Object.entries(result.metrics)) {
      keep(stepPrefixes.sum + name, sum);
      keep(stepPrefixes.weight + name, weight);
    }
    keepGap(batch, tensors['policyLogps'] as tf.Tensor2D, keep);
    keep('logps', logps);
    const penalty = hookPenalty(policy, tensors, lookUp);
    if (penalty === undefined) return result.loss;
    keep(`${hookPrefixes.metric}penalty`, penalty);
    // It counts once a step, however many micro-batches there are.
    return tf.add(result.loss, tf.mul(penalty, tf.cast(tensors['isLast'] as tf.Tensor, 'float32')));
  };
  const { value, grads } = tf.valueAndGrads(loss)(trained.map(({ name }) => fed(name)));
  metrics['loss'] = value;
  const gradients = trained.map(({ name }, i) =>
    tf.add(tensors[stepPrefixes.gradient + name] as tf.Tensor, grads[i] as tf.Tensor),
  );
  return { gradients, metrics };
}

/** How far the log-probabilities of the sampler (filters aside) and of the trainer are apart, over active tokens. */
function keepGap(batch: PolicyBatch, sampled: tf.Tensor2D, keep: (name: string, tensor: tf.Tensor) => void): void {
  const gap = tf.mul(tf.abs(tf.sub(batch.logps, sampled)), batch.mask);
  keep('gap.max', tf.max(gap));
  keep('gap.sum', tf.sum(gap));
  keep('gap.weight', tf.sum(batch.mask));
}

function policyBatch(options: StepOptions, tensors: Tensors, logps: tf.Tensor1D, entropies: tf.Tensor1D): PolicyBatch {
  const input = (name: string): tf.Tensor => tensors[name] as tf.Tensor;
  const padded = (values: tf.Tensor1D): tf.Tensor2D =>
    permuteRows(values, input('tokenAt'), input('placeOf')) as tf.Tensor2D;
  const current = padded(logps);
  const count = (name: (typeof countNames)[number]): tf.Scalar => input(`count.${name}`) as tf.Scalar;
  const matrix = (name: string): tf.Tensor2D => input(name) as tf.Tensor2D;
  return {
    logps: current,
    oldLogps: options.oldIsCurrent ? withoutGradient([current], (logps2) => logps2.clone()) : matrix('oldLogps'),
    samplingLogps: matrix('samplingLogps'),
    ...(tensors['referenceLogps'] === undefined ? {} : { referenceLogps: matrix('referenceLogps') }),
    ...(tensors['tokenAdvantages'] === undefined ? {} : { tokenAdvantages: matrix('tokenAdvantages') }),
    entropies: padded(entropies),
    mask: matrix('mask'),
    advantages: input('advantages') as tf.Tensor1D,
    counts: {
      rows: count('rows'),
      localTokens: count('localTokens'),
      globalTokens: count('globalTokens'),
      stepRows: count('stepRows'),
      stepsPerGeneration: count('stepsPerGeneration'),
      accumulation: count('accumulation'),
      maxCompletionTokens: count('maxCompletionTokens'),
    },
    state: Object.fromEntries(
      Object.keys(objectiveStart(options)).map((name) => [name, input(stepPrefixes.objective + name) as tf.Scalar]),
    ),
  };
}

/** Transforms gradients as the adapter's hooks want it, and then as the experiment says. */
function transformed(
  { policy, gradient }: StepOptions,
  tensors: Tensors,
  given: readonly tf.Tensor[],
): readonly tf.Tensor[] {
  const hooked = transformedGradients(policy, tensors, given);
  if (gradient === undefined) return hooked;
  const named = trainableParameters(policy).map((spec, i) => ({ spec, gradient: hooked[i] as tf.Tensor }));
  return transformGradients(gradient.steps, named, gradient.directions);
}

/** Clips, updates, runs the adapter's hooks, and names the new parameters and slots like the inputs they replace. */
function update(
  options: StepOptions,
  tensors: Tensors,
  gradients: readonly tf.Tensor[],
  hookScalarNames: readonly string[],
): Outputs {
  const { optimizer, optimizerConfig, maxGradNorm, policy } = options;
  const trained = trainableParameters(policy);
  const { gradients: clipped, norm } = clipByNorm(transformed(options, tensors, gradients), maxGradNorm);
  const parameters = trained.map((spec, i) => ({
    spec,
    value: fedParameters(tensors)(spec.name),
    gradient: clipped[i] as tf.Tensor,
    slots: Object.fromEntries(
      slotsOf(options, spec).map(({ name }) => [name, tensors[slotName(spec.name, name)] as tf.Tensor]),
    ),
  }));
  const scalars = { learningRate: tensors['learningRate'] as tf.Scalar, step: tensors['step'] as tf.Scalar };
  const frozen = policy.parameters
    .filter(({ trainable }) => !trainable)
    .map((spec) => ({ spec, value: fedParameters(tensors)(spec.name) }));
  const updates = optimizer.update(optimizerConfig, parameters, scalars, frozen);
  const outputs: Outputs = { grad_norm: norm };
  updates.forEach(({ value, slots }, i) => {
    const { name } = trained[i] as InitialParameter;
    outputs[stepPrefixes.parameter + name] = value;
    for (const [slot, tensor] of Object.entries(slots)) outputs[slotName(name, slot)] = tensor;
  });
  const finished = { gradients: clipped, updates, scalarNames: hookScalarNames };
  return { ...outputs, ...finishStep(policy, tensors, finished) };
}
