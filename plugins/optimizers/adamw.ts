import { z } from 'zod';
import type { Optimizer } from '../../core/contracts/optimizer.ts';
import { adamOptions } from '../../core/optimizer/adamOptions.ts';
import { adamwSlots, adamwUpdates } from '../../core/optimizer/adamwUpdates.ts';
import { groupOptions, settingsOf } from '../../core/optimizer/parameterGroups.ts';

const schema = z.strictObject({
  ...adamOptions,
  amsgrad: z.boolean().default(false).describe('Divide by the largest average of squares so far'),
  ...groupOptions,
});

type Config = z.output<typeof schema>;

/**
 * AdamW (arXiv 1711.05101, algorithm 2) as torch.optim.AdamW computes it: p <- p (1 - lr decay) - lr m' / (sqrt(v') + eps) with
 * bias-corrected averages m', v'. Biases and norms do not decay unless `groups` says so.
 */
export const adamw: Optimizer<Config> = {
  id: 'adamw',
  summary: 'Adam with decoupled weight decay and parameter groups',
  source: 'arXiv 1711.05101; as torch.optim.AdamW, with weight_decay 0 by default',
  config: schema,
  aliases: { epsilon: 'eps', adam_epsilon: 'eps' },
  slots: (config, { shape }) => adamwSlots(config).map((name) => ({ name, shape })),
  update: (config, parameters, scalars) =>
    adamwUpdates(config, parameters, scalars, (spec) => settingsOf(config, spec)),
};
