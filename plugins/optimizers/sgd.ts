import { z } from 'zod';
import type { Optimizer } from '../../core/contracts/optimizer.ts';
import { groupOptions, settingsOf } from '../../core/optimizer/parameterGroups.ts';
import { nesterovIsPossible, nesterovNeeds, sgdOptions } from '../../core/optimizer/sgdOptions.ts';
import { sgdSlots, sgdUpdates } from '../../core/optimizer/sgdUpdates.ts';

const schema = z.strictObject({ ...sgdOptions, ...groupOptions }).refine(nesterovIsPossible, { error: nesterovNeeds });

type Config = z.output<typeof schema>;

/**
 * Stochastic gradient descent with momentum as torch.optim.SGD computes it: dampening does not act in the first step, decay is part of
 * the gradient.
 */
export const sgd: Optimizer<Config> = {
  id: 'sgd',
  summary: 'Gradient descent with momentum, dampening and Nesterov’s variant',
  source: 'torch.optim.SGD',
  config: schema,
  slots: (config, { shape }) => sgdSlots(config).map((name) => ({ name, shape })),
  update: (config, parameters, scalars) => sgdUpdates(config, parameters, scalars, (spec) => settingsOf(config, spec)),
};
