import { z } from 'zod';
import type { Adapter } from '../../core/contracts/adapter.ts';
import { matrixShape } from '../../core/lowrank/matrixShape.ts';
import { mergedLayer } from '../../core/lowrank/mergedLayer.ts';
import { listOrPattern, sorted } from '../../core/lowrank/peftFields.ts';
import { readPeft, writePeft, type PeftMethod } from '../../core/lowrank/peftMethod.ts';
import { matchesWhole } from '../../core/lowrank/regularExpression.ts';
import { checkTargets, matchTargets, targetOptions, unusedNames } from '../../core/lowrank/targets.ts';
import { withTrainedCopies } from '../../core/lowrank/trainedCopies.ts';
import { linear } from '../../core/tensor/ops/linear.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    ...targetOptions,
    target_modules: targetOptions.target_modules.default(['q_proj', 'v_proj', 'down_proj']),
    feedforward_modules: z
      .union([z.string().min(1), z.array(z.string().min(1))])
      .nullish()
      .describe(
        'Those of the layers whose input is scaled: names, or a regular expression; down_proj where it is not set',
      ),
    init_ia3_weights: z.boolean().default(true).describe('true: the scales are 1; false: standard normal'),
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

interface LayerOptions {
  /** Whether the input is scaled rather than the output. */
  readonly scalesInput: boolean;
  readonly startsAtOne: boolean;
}

/* eslint-disable no-restricted-syntax -- PEFT's file writes null where an option is not set */
const method: PeftMethod = {
  type: 'IA3',
  fixed: { fan_in_fan_out: false, modules_to_save: null },
  targetOptions: ['exclude_modules'],
  endings: { '.ia3_l': '.ia3_l' },
};
/* eslint-enable no-restricted-syntax */

/** What PEFT takes where `feedforward_modules` is not set. */
const usual: readonly string[] = ['down_proj'];

/** Which layers have their input scaled. PEFT compares the ends of names, wherever a part of the name begins. */
function scaledInputs(config: Config, layers: readonly string[]): readonly boolean[] {
  const given = config.feedforward_modules ?? usual;
  if (typeof given === 'string') return matchesWhole(given, layers);
  return layers.map((layer) => given.some((name) => layer.endsWith(name)));
}

/** PEFT only takes names for `feedforward_modules` that stand in `target_modules` as well. */
function feedforwardField(config: Config, targets: unknown): unknown {
  const given = config.feedforward_modules ?? usual;
  if (typeof given === 'string' || !Array.isArray(targets)) return listOrPattern(given);
  const names = targets as readonly string[];
  if (given.every((name) => names.includes(name))) return listOrPattern(given);
  return names.filter((_, i) => scaledInputs(config, names)[i]);
}

const own: Adapter<Config, LayerOptions> = {
  id: 'ia3',
  summary: 'Trained scales of outputs, and of inputs of feed-forward layers',
  source: 'IA3, arXiv 2205.05638; configuration of peft.IA3Config',
  formula: 'l * (W x + b); feed-forward layers: W (l * x) + b',
  config: schema,
  examples: [
    { target_modules: ['k_proj', 'o_proj', 'up_proj', 'down_proj'] },
    { target_modules: 'all-linear', feedforward_modules: '.*(q|gate)_proj', init_ia3_weights: false },
  ],
  isIdentityAtStart: (config) => config.init_ia3_weights,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan(config, targets) {
    const scales = scaledInputs(
      config,
      targets.map(({ name }) => name),
    );
    const layers = targets.map(({ name }, i) => {
      return [name, { scalesInput: scales[i] ?? false, startsAtOne: config.init_ia3_weights }] as const;
    });
    return { layers: new Map(layers), shared: [] };
  },
  attach({ layer, options: { scalesInput, startsAtOne }, random }) {
    const [out, inputs] = matrixShape(layer);
    const [shape, size] = scalesInput ? [[1, inputs], inputs] : [[out, 1], out];
    const values = startsAtOne ? new Float32Array(size).fill(1) : random.normals(size);
    return {
      parameters: [{ name: `${layer.name}.ia3_l`, role: 'vector', shape, trainable: true, layer, scaling: 1, values }],
    };
  },
  merged({ weight, bias, options, parameter }) {
    const scales = parameter('ia3_l');
    const scaled = bias === undefined || options.scalesInput ? bias : tf.mul(bias, tf.reshape(scales, bias.shape));
    return mergedLayer(tf.mul(weight, scales), scaled === undefined ? {} : { bias: scaled as tf.Tensor1D });
  },
  forward({ weight, bias, options, parameter }, x) {
    const scales = tf.reshape(parameter('ia3_l'), [1, -1]);
    return options.scalesInput
      ? linear(tf.mul(x, scales), weight as tf.Tensor2D, bias)
      : tf.mul(linear(x, weight as tf.Tensor2D, bias), scales);
  },
  check(config, targets) {
    const { feedforward_modules: given, target_modules: wanted } = config;
    const stray = Array.isArray(given) && Array.isArray(wanted) ? given.filter((name) => !wanted.includes(name)) : [];
    const errors = stray.map((name) => {
      const message = `"${name}" is not among target_modules ${JSON.stringify(wanted)}; PEFT asks for that too`;
      return { severity: 'error', path: 'feedforward_modules', message } as const;
    });
    return [...errors, ...unusedNames(config, targets)];
  },
  peftType: 'IA3',
  toPeft(config, parameters, baseModel) {
    const own = { init_ia3_weights: config.init_ia3_weights };
    const written = writePeft(method, own, config, parameters, baseModel);
    const feedforward = feedforwardField(config, written.config['target_modules']);
    return { ...written, config: sorted({ ...written.config, feedforward_modules: feedforward }) };
  },
  fromPeft: (adapter) => readPeft(method, schema, adapter),
};

/**
 * IA3 (arXiv 2205.05638): the output of a layer, or the input of a feed-forward layer, times l. There is no update to add: the weight is
 * multiplied, and so is the bias where the output is scaled. Linear layers only.
 */
export const ia3 = withTrainedCopies(own);
