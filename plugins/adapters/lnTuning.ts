import { z } from 'zod';
import type { Adapter } from '../../core/contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../../core/contracts/parameter.ts';
import { RlvrError } from '../../core/errors.ts';
import { mergedLayer } from '../../core/lowrank/mergedLayer.ts';
import { readPeft, writePeft, type PeftMethod } from '../../core/lowrank/peftMethod.ts';
import { checkTargets, matchTargets, targetOptions, unusedNames } from '../../core/lowrank/targets.ts';
import { withTrainedCopies } from '../../core/lowrank/trainedCopies.ts';
import type { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    ...targetOptions,
    target_modules: targetOptions.target_modules
      .default(['post_attention_layernorm'])
      .describe(
        'Names of norms, or a regular expression; PEFT takes post_attention_layernorm alone where nothing is said',
      ),
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

/** There is nothing to choose for a layer. */
type LayerOptions = Readonly<Record<string, never>>;

/* eslint-disable no-restricted-syntax -- PEFT's file writes null where an option is not set */
const method: PeftMethod = {
  type: 'LN_TUNING',
  fixed: { modules_to_save: null },
  targetOptions: ['exclude_modules'],
  endings: {
    '.ln_tuning_layers': '.ln_tuning_layers.weight',
    '.ln_tuning_layers.bias': '.ln_tuning_layers.bias',
  },
};
/* eslint-enable no-restricted-syntax */

const [weightName, biasName] = ['ln_tuning_layers', 'ln_tuning_layers.bias'];

function shapesOf(layer: TargetLayer): readonly ParameterSpec[] {
  const common = { role: 'norm', shape: layer.shape, trainable: true, layer, scaling: 1 } as const;
  const weight = { ...common, name: `${layer.name}.${weightName}` };
  return layer.hasBias ? [weight, { ...common, name: `${layer.name}.${biasName}` }] : [weight];
}

const own: Adapter<Config, LayerOptions> = {
  id: 'ln_tuning',
  summary: 'The weights of norms are trained, and nothing else',
  source: 'LayerNorm tuning, arXiv 2312.11420; configuration of peft.LNTuningConfig',
  formula: 'w, trained in place of the weight of a norm',
  config: schema,
  examples: [{ target_modules: ['input_layernorm', 'post_attention_layernorm', 'norm'] }],
  isIdentityAtStart: () => true,
  targets: (config, layers) => matchTargets(config, layers, ['norm']),
  plan: (_config, targets) => ({ layers: new Map(targets.map(({ name }) => [name, {}])), shared: [] }),
  attach({ layer, weight, bias }) {
    const parameters = shapesOf(layer).map((spec) => {
      const values = spec.name.endsWith('.bias') ? bias : weight;
      if (values !== undefined) return { ...spec, values: values.slice() };
      throw new RlvrError('training/invariant', `${spec.name} is to be trained, but its values were not given.`);
    });
    return { parameters };
  },
  shapes: shapesOf,
  merged: ({ layer, parameter }) =>
    mergedLayer(parameter(weightName), layer.hasBias ? { bias: parameter(biasName) as tf.Tensor1D } : {}),
  check: (config, targets) => unusedNames(config, targets),
  peftType: 'LN_TUNING',
  toPeft: (config, parameters, baseModel) => writePeft(method, {}, config, parameters, baseModel),
  fromPeft: (adapter) => readPeft(method, schema, adapter),
};

/**
 * LayerNorm tuning (arXiv 2312.11420): copies of a norm's weight, and of its bias where it has one, are trained in their place. No linear
 * layer is touched.
 */
export const lnTuning = withTrainedCopies(own);
