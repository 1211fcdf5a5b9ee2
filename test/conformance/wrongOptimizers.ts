import { z } from 'zod';
import type { Optimizer, ParameterUpdate } from '../../core/contracts/optimizer.ts';
import { tf } from '../../core/tensor/tf.ts';
import type { JudgedSamples, WrongPlugin } from './wrongPlugin.ts';

const schema = z.strictObject({ weight_decay: z.number().min(0).default(0.1) });
type Config = z.output<typeof schema>;

/** Momentum, with a decay that is there unless it is said otherwise. */
const sound: Optimizer<Config> = {
  id: 'sound',
  summary: 'Steps against an average of gradients',
  source: 'this test',
  config: schema,
  slots: (_config, { shape }) => [{ name: 'mean', shape }],
  update: ({ weight_decay: decay }, parameters, { learningRate }) =>
    parameters.map(({ value, gradient, slots }) => {
      const mean = tf.add(tf.mul(slots['mean']!, 0.5), tf.mul(gradient, 0.5));
      return { value: tf.sub(value, tf.mul(tf.add(mean, tf.mul(value, decay)), learningRate)), slots: { mean } };
    }),
};

const still = 'moves nothing at a learning rate of 0, and nothing without gradient and decay';
const down = 'goes down: many steps on a quadratic bring it near its minimum';
const twice = 'gives the same bits twice';
const all = [still, down, twice];

function wrong(
  description: string,
  change: Partial<Optimizer<Config>>,
  fails: readonly string[],
  message: RegExp,
): WrongPlugin {
  const plugin = { ...sound, ...change } as Optimizer;
  return { wrong: description, judged: { kind: 'optimizer', plugin }, fails, message };
}

/** The sound optimizer whose updates go through a function. */
function updating(
  change: (update: ParameterUpdate, learningRate: tf.Scalar) => Partial<ParameterUpdate>,
): Partial<Optimizer<Config>> {
  return {
    update: (config, parameters, scalars, frozen) =>
      sound
        .update(config, parameters, scalars, frozen)
        .map((update) => ({ ...update, ...change(update, scalars.learningRate) })),
  };
}

let draws = 0;

/** Optimizers. */
export const optimizers: JudgedSamples = {
  kind: 'optimizer',
  sound: { kind: 'optimizer', plugin: sound },
  wrong: [
    wrong(
      'moves at a learning rate of 0',
      updating(({ value }) => ({ value: tf.mul(value, 0.9) })),
      [still],
      /optimizer "sound", method update: at a learning rate of 0, block\.q_proj\.lora_A changes: value \d+ is/,
    ),
    wrong(
      'decays where no decay is asked for',
      updating(({ value }, rate) => ({ value: tf.sub(value, tf.mul(tf.mul(value, 0.1), rate)) })),
      [still],
      /method update: with a gradient of 0 and no decay, block\.q_proj\.lora_A changes: value \d+ is/,
    ),
    wrong(
      'climbs',
      {
        update: (config, parameters, scalars, frozen) =>
          sound.update(
            config,
            parameters.map((parameter) => ({ ...parameter, gradient: tf.neg(parameter.gradient) })),
            scalars,
            frozen,
          ),
      },
      [down],
      /method update: in 200 steps the distance to the minimum goes from [\d.]+ to [\d.e+]+/,
    ),
    wrong(
      'comes but two thirds of the way',
      {
        update: (config, parameters, scalars, frozen) =>
          sound.update(config, parameters, { ...scalars, learningRate: tf.mul(scalars.learningRate, 0.12) }, frozen),
      },
      [down],
      /method update: in 200 steps the distance to the minimum goes from [\d.]+ to [\d.]+/,
    ),
    wrong(
      'draws random numbers from elsewhere',
      updating(({ value }, rate) => ({ value: tf.add(value, tf.mul(rate, (draws += 1) * 1e-6)) })),
      [still, twice],
      /method update: with a gradient of 0 and no decay/,
    ),
    wrong(
      'leaves out a parameter',
      { update: (config, parameters, scalars, frozen) => sound.update(config, parameters.slice(1), scalars, frozen) },
      all,
      /method update: it gives 2 updates for 3 parameters/,
    ),
    wrong(
      'gives a value of another shape',
      updating(({ value }) => ({ value: tf.reshape(value, [-1]) })),
      all,
      /method update: the value of block\.q_proj\.lora_A is of shape \[8\], expected \[2, 4\]/,
    ),
    wrong(
      'gives a slot of another shape than it names',
      updating(({ slots }) => ({ slots: { mean: tf.reshape(slots['mean']!, [-1]) } })),
      all,
      /method update: the slot "mean" of block\.q_proj\.lora_A is of shape \[8\], expected \[2, 4\]/,
    ),
    wrong(
      'gives a slot that it does not name',
      updating(({ value, slots }) => ({ slots: { ...slots, other: value } })),
      all,
      /method update: it gives a slot "other" that slots does not name/,
    ),
    wrong(
      'takes no parameters at all',
      { check: () => [{ severity: 'error', path: 'type', message: 'nothing will do' }] },
      all,
      /method check: it takes neither A, B and a norm, nor B and a norm alone: nothing will do/,
    ),
  ],
};
