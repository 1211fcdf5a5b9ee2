import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import type { Experiment } from './schema.ts';

/** Place of the reward that measures accuracy: the first that says whether an answer is right, else the first one; for no reward 0. */
export function verifierIndex(rewards: Experiment['rewards'], catalog: PluginCatalog): number {
  return Math.max(
    rewards.findIndex(({ type }) => catalog.find('reward', type).isVerifier === true),
    0,
  );
}
