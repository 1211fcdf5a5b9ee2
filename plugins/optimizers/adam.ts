import { z } from 'zod';
import type { Optimizer } from '../../core/contracts/optimizer.ts';
import { adamOptions } from '../../core/optimizer/adamOptions.ts';
import { adamwSlots, adamwUpdates } from '../../core/optimizer/adamwUpdates.ts';
import { gradientWithDecay } from '../../core/optimizer/decay.ts';
import { groupOptions, settingsOf } from '../../core/optimizer/parameterGroups.ts';

const schema = z.strictObject({
  ...adamOptions,
  amsgrad: z.boolean().default(false).describe('Divide by the largest average of squares so far'),
  ...groupOptions,
});

type Config = z.output<typeof schema>;

/**
 * Adam (arXiv 1412.6980, algorithm 1) as torch.optim.Adam computes it: p <- p - lr m' / (sqrt(v') + eps), with the decay as part of the
 * gradient, so that it is divided by sqrt(v') like everything else. `adamw` decays beside the step.
 */
export const adam: Optimizer<Config> = {
  id: 'adam',
  summary: 'Adam, whose weight decay is part of the gradient',
  source: 'arXiv 1412.6980; as torch.optim.Adam',
  config: schema,
  aliases: { epsilon: 'eps', adam_epsilon: 'eps' },
  slots: (config, { shape }) => adamwSlots(config).map((name) => ({ name, shape })),
  update: (config, parameters, scalars) => {
    const decaying = parameters.map((parameter) => ({
      ...parameter,
      gradient: gradientWithDecay(parameter, settingsOf(config, parameter.spec)),
    }));
    return adamwUpdates(config, decaying, scalars, (spec) => ({ ...settingsOf(config, spec), weightDecay: 0 }));
  },
};
