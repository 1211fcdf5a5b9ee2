import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';

/** Data and rewards of an experiment for which the user has chosen none: the first there are of each. */
export function firstChoices(catalog: PluginCatalog): Readonly<Record<'data' | 'rewards', object>> {
  return {
    data: { train: { type: catalog.all('dataset')[0]?.id } },
    rewards: [{ type: catalog.all('reward')[0]?.id }],
  };
}
