import type { Optimizer } from '../contracts/optimizer.ts';
import type { ParameterSpec } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';

/** An optimizer with its part of an experiment. */
export interface ChosenOptimizer {
  readonly plugin: Optimizer;
  readonly config: unknown;
}

/** Throws `config/invalid` where the optimizer says that it cannot train these parameters of an adapter. */
export function checkOptimizer(
  { plugin, config }: ChosenOptimizer,
  adapter: string,
  parameters: readonly ParameterSpec[],
): void {
  const refused = plugin.check?.(config, parameters).find(({ severity }) => severity === 'error');
  if (refused === undefined) return;
  const place = ['optimizer', refused.path].filter((part) => part !== '').join('.');
  throw new RlvrError(
    'config/invalid',
    `${place}: ${refused.message} (optimizer "${plugin.id}", adapter "${adapter}").`,
    { path: place, optimizer: plugin.id, adapter },
  );
}
