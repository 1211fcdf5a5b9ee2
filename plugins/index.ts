import type { PluginSet } from '../core/contracts/pluginCatalog.ts';

/** Every plugin of this package. A new plugin is one new file and one line here. */
export const plugins: PluginSet = {
  adapters: [],
  rewards: [],
  optimizers: [],
  objectives: [],
  analyzers: [],
  datasets: [],
  engines: [],
};
