import { z } from 'zod';
import type { Objective, ObjectiveRequirements, ObjectiveResult, PolicyBatch } from '../../core/contracts/objective.ts';
import { tf } from '../../core/tensor/tf.ts';
import { stopped } from './wrongAdapters.ts';
import type { JudgedSamples, WrongPlugin } from './wrongPlugin.ts';

const requirements: ObjectiveRequirements = {
  advantage: 'group',
  rollouts: true,
  beta: 0,
  skipsZeroAdvantage: true,
  minimumGroupSize: 2,
};

/** A policy gradient weighted by entropy, so that both have gradients. */
const sound: Objective = {
  id: 'sound',
  summary: 'Log-probabilities times entropies and advantages',
  source: 'this test',
  config: z.strictObject({}),
  requirements: () => requirements,
  state: { initial: () => ({ scale: 1 }), next: (_config, state) => state },
  loss: (_config, { logps, entropies, mask, advantages, counts, state }) => {
    const isActive = tf.greater(mask, 0);
    const kept = (values: tf.Tensor): tf.Tensor => tf.where(isActive, values, tf.zerosLike(values));
    const terms = tf.mul(tf.mul(kept(logps), kept(entropies)), tf.expandDims(advantages, 1));
    const loss = tf.mul<tf.Scalar>(tf.neg(tf.div(tf.sum(terms), counts.globalTokens)), state!['scale']!);
    return { loss, metrics: { entropy: { sum: tf.sum(kept(entropies)), weight: counts.localTokens } } };
  },
};

const gradient = 'has a finite loss, and its gradient with respect to log-probabilities and entropies';
const padding = 'gives padding no part in the loss, the gradient or a metric';
const metrics = 'names metrics as finite sums with weights that are not negative';
const fits = 'asks of the sampler and the trainer what fits together';
const reference = 'asks for a reference policy only where it reads one';
const state = 'keeps its own state a list of finite numbers of the same names';

function wrong(
  description: string,
  change: Partial<Objective>,
  fails: readonly string[],
  message: RegExp,
): WrongPlugin {
  return { wrong: description, judged: { kind: 'objective', plugin: { ...sound, ...change } }, fails, message };
}

/** The sound objective whose loss or batch goes through a function. */
function losing(
  change: (result: ObjectiveResult, batch: PolicyBatch) => Partial<ObjectiveResult>,
  seen: (batch: PolicyBatch) => PolicyBatch = (batch) => batch,
): Partial<Objective> {
  return {
    loss: (config, batch) => {
      const result = sound.loss(config, seen(batch));
      return { ...result, ...change(result, batch) };
    },
  };
}

function requiring(changes: Partial<ObjectiveRequirements>): Partial<Objective> {
  return { requirements: () => ({ ...requirements, ...changes }) };
}

const whole = (tensor: tf.Tensor): tf.Scalar => tf.sum(tensor);

/** Objectives. */
export const objectives: JudgedSamples = {
  kind: 'objective',
  sound: { kind: 'objective', plugin: sound },
  wrong: [
    wrong(
      'has an infinite loss',
      losing(({ loss }) => ({ loss: tf.div(loss, 0) })),
      [gradient],
      /objective "sound", method loss: the loss is not finite: value 0 of 1 is -?(Infinity|NaN)/,
    ),
    wrong(
      'has a loss for each row',
      losing((_result, { advantages }) => ({ loss: advantages as unknown as tf.Scalar })),
      [gradient],
      /method loss: the loss is of shape \[-?\d*\], expected a scalar/,
    ),
    wrong(
      'stops the gradient of log-probabilities',
      losing(
        () => ({}),
        (batch) => ({ ...batch, logps: stopped(batch.logps) as tf.Tensor2D }),
      ),
      [gradient],
      /method loss: the gradient of logps is not the one of finite differences: value \d+ is/,
    ),
    wrong(
      'stops the gradient of entropies',
      losing(
        () => ({}),
        (batch) => ({ ...batch, entropies: stopped(batch.entropies) as tf.Tensor2D }),
      ),
      [gradient],
      /method loss: the gradient of entropies is not the one of finite differences: value \d+ is/,
    ),
    wrong(
      'has a gradient that is a little off',
      losing(({ loss }) => ({ loss: tf.add<tf.Scalar>(tf.mul(loss, 1.003), stopped(tf.mul(loss, -0.003))) })),
      [gradient],
      /method loss: the gradient of (logps|entropies) is not the one of finite differences: .* at most 0\.0002/,
    ),
    wrong(
      'sees padding in its loss',
      losing(({ loss }, { oldLogps }) => ({ loss: tf.add(loss, whole(oldLogps)) })),
      [padding],
      /method loss: padding changes the loss, a gradient or a metric: with padding of -3 it gives \{"loss":-?[\d.]+/,
    ),
    wrong(
      'sees padding in a metric',
      losing((_result, { oldLogps, counts }) => ({
        metrics: { old: { sum: whole(oldLogps), weight: counts.localTokens } },
      })),
      [padding],
      /method loss: padding changes the loss, a gradient or a metric/,
    ),
    wrong(
      'has a gradient on padding that does not depend on what it holds',
      losing(({ loss }, { logps, mask }) => {
        const outside = tf.mul(tf.sub(1, mask), 1e-4);
        return { loss: tf.add(loss, whole(tf.mul(tf.sub(logps, stopped(logps)), outside))) };
      }),
      [padding, fits],
      /method loss: on padding the gradient of logps is 0\.000(09999|1)/,
    ),
    wrong(
      'names no metric',
      losing(() => ({ metrics: {} })),
      [metrics],
      /method loss: it gives no metric/,
    ),
    wrong(
      'has a metric that is not finite',
      losing((_result, { counts }) => ({
        metrics: { broken: { sum: tf.div(counts.rows, 0), weight: counts.rows } },
      })),
      [metrics],
      /method loss: the sum of the metric "broken" is Infinity/,
    ),
    wrong(
      'has a metric of negative weight',
      losing((_result, { counts }) => ({ metrics: { less: { sum: counts.rows, weight: tf.neg(counts.rows) } } })),
      [metrics],
      /method loss: the weight of the metric "less" is -3/,
    ),
    wrong(
      'compares within groups of one',
      requiring({ minimumGroupSize: 1 }),
      [fits],
      /method requirements: a group of 1 has no advantage of kind group/,
    ),
    wrong(
      'has advantages of groups without rollouts',
      requiring({ rollouts: false }),
      [fits],
      /method requirements: rollouts is false with advantages of kind group/,
    ),
    wrong(
      'has a negative beta',
      requiring({ beta: -1 }),
      [fits, reference],
      /method requirements: beta is -1, expected at least 0/,
    ),
    wrong(
      'skips rows that have a gradient',
      losing(({ loss }, { logps, mask }) => ({
        loss: tf.add(loss, whole(tf.where(tf.greater(mask, 0), logps, tf.zerosLike(logps)))),
      })),
      [fits],
      /method requirements: skipsZeroAdvantage is true, but a row of advantage 0 has a gradient of 1/,
    ),
    wrong(
      'reads a reference that it does not ask for',
      losing(({ loss }, { referenceLogps, mask }) => ({
        loss: tf.add(loss, whole(tf.where(tf.greater(mask, 0), referenceLogps!, tf.zerosLike(mask)))),
      })),
      [reference],
      /method requirements: beta is 0, but the loss is -?[\d.]+, and -?[\d.]+ with other log-probabilities of the ref/,
    ),
    wrong(
      'asks for a reference that it does not read',
      requiring({ beta: 0.1 }),
      [reference],
      /method requirements: beta is 0\.1, but the loss is (-?[\d.]+), and \1 with other/,
    ),
    wrong(
      'has a state that loses a name',
      { state: { initial: () => ({ scale: 1 }), next: () => ({}) } },
      [state],
      /method state: initial names \["scale"\], next names \[\]/,
    ),
    wrong(
      'has a state that is not finite',
      {
        ...losing(
          () => ({}),
          (batch) => ({ ...batch, state: { scale: tf.scalar(1) } }),
        ),
        state: { initial: () => ({ scale: NaN }), next: (_config, own) => own },
      },
      [state],
      /method state: "scale" is NaN/,
    ),
  ],
};
