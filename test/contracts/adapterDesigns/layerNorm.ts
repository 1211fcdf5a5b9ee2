import { z } from 'zod';
import type { Adapter } from '../../../core/contracts/adapter.ts';
import { checkTargets, matchTargets, targetOptions } from '../../../core/lowrank/targets.ts';
import { anotherMethod, readPeft, writePeft } from './peftFiles.ts';

const schema = z
  .strictObject({
    ...targetOptions,
    target_modules: targetOptions.target_modules.default(['input_layernorm', 'post_attention_layernorm']),
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

const endings = { '.weight': '.ln_tuning_layers.weight' };

/** LayerNorm tuning (arXiv 2312.11420): a copy of the norm's weight is trained. No linear layer is touched. */
export const layerNorm: Adapter<Config, undefined> = {
  id: 'ln_tuning',
  summary: 'The weights of norms are trained',
  source: 'arXiv 2312.11420',
  formula: '',
  config: schema,
  isIdentityAtStart: () => true,
  targets: (config, layers) => matchTargets(config, layers, ['norm']),
  plan: (_config, targets) => ({ layers: new Map(targets.map(({ name }) => [name, undefined])), shared: [] }),
  attach: ({ layer, weight }) => ({
    parameters: [
      {
        name: `${layer.name}.weight`,
        role: 'norm',
        shape: layer.shape,
        trainable: true,
        layer,
        scaling: 1,
        values: weight.slice(),
      },
    ],
  }),
  merged: (layer) => ({ weight: layer.parameter('weight') }),
  toPeft: (config, parameters) => writePeft('LN_TUNING', config, parameters, endings),
  fromPeft(adapter) {
    const read = readPeft(adapter, 'LN_TUNING', endings);
    return read === undefined ? anotherMethod : { config: schema.parse(read.fields), parameters: read.parameters };
  },
};
