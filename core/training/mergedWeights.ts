import { weightPrefix } from '../model/baseLayers.ts';
import type { Checkpoint, Weight } from '../model/checkpoint.ts';
import type { LearnerState } from './learner.ts';
import { frozenFeeds, policyPrefixes, type Policy } from './policy.ts';
import { compileMerge } from './policyLayers.ts';
import type { WeightFeeds } from './rollout.ts';

/** Folds an adapter's current values into the model's weights, out of place. */
export interface MergedWeights {
  /** All weights of the model by Hugging Face name. */
  of(state: Pick<LearnerState, 'parameters'>): Promise<ReadonlyMap<string, Weight>>;
  /** The same as feeds of a decode graph. */
  feeds(state: Pick<LearnerState, 'parameters'>): Promise<WeightFeeds>;
  release(): Promise<void>;
}

/** Prepares merging; the graph is traced once. */
export async function createMergedWeights(checkpoint: Checkpoint, policy: Policy): Promise<MergedWeights> {
  const graph = await compileMerge(policy);
  const frozen = frozenFeeds(checkpoint, policy);
  const changed = async ({
    parameters,
  }: Pick<LearnerState, 'parameters'>): Promise<ReadonlyMap<string, Float32Array>> => {
    const own = Object.fromEntries([...parameters].map(([name, values]) => [policyPrefixes.parameter + name, values]));
    const results = Object.entries(await graph.run({ ...frozen, ...own }));
    return new Map(
      results.flatMap(([name, { data }]) => (data instanceof Float32Array ? [[name, data] as const] : [])),
    );
  };
  return {
    of: async (state) => {
      const merged = await changed(state);
      return new Map(
        [...checkpoint.weights].map(([name, { shape, data }]) => [name, { shape, data: merged.get(name) ?? data }]),
      );
    },
    feeds: async (state) => {
      const merged = await changed(state);
      return Object.fromEntries(
        [...checkpoint.weights].map(([name, { data }]) => [weightPrefix + name, merged.get(name) ?? data]),
      );
    },
    release: () => graph.release(),
  };
}
