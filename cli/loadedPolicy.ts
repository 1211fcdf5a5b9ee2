import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../core/errors.ts';
import { chosenPlugin } from '../core/experiment/pluginChoices.ts';
import { weightPrefix } from '../core/model/baseLayers.ts';
import { loadCheckpoint } from '../core/model/checkpoint.ts';
import type { Checkpoint, Weight } from '../core/model/checkpoint.ts';
import { stopIdsOf } from '../core/model/stopIds.ts';
import { loadTokenizer } from '../core/model/tokenizer.ts';
import type { Tokenizer } from '../core/model/tokenizer.ts';
import { effectiveThreads } from '../core/runs/environment.ts';
import { configureRuntime } from '../core/tensor/runtime.ts';
import { createMergedWeights } from '../core/training/mergedWeights.ts';
import { createPolicy, parameterValues } from '../core/training/policy.ts';
import type { Policy } from '../core/training/policy.ts';
import type { WeightFeeds } from '../core/training/rollout.ts';
import { trainedPolicy } from '../core/training/startingPolicy.ts';
import type { RunSubject, Subject } from './subject.ts';

/** A model with its adapter folded in, ready to sample from. */
export interface LoadedPolicy {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  /** All weights by Hugging Face name. */
  readonly weights: ReadonlyMap<string, Weight>;
  /** Tokens that end a completion. */
  readonly stopIds: readonly number[];
}

/**
 * Loads a subject: a model as it is, a run with its adapter merged into the model it was trained on. Throws what loading throws, and
 * `run/environment-changed` where the model is no longer the one that the run was trained on.
 */
export async function loadPolicy(subject: Subject, catalog: PluginCatalog): Promise<LoadedPolicy> {
  configureRuntime({
    threads: effectiveThreads(subject.kind === 'run' ? subject.record.experiment.engine.threads : 0),
  });
  const checkpoint = await loadCheckpoint(subject.modelFolder);
  const tokenizer = loadTokenizer(subject.modelFolder, checkpoint.config);
  const weights = subject.kind === 'run' ? await mergedWeights(subject, checkpoint, catalog) : checkpoint.weights;
  return { checkpoint, tokenizer, weights, stopIds: stopIdsOf(tokenizer, checkpoint.config) };
}

/** Weights by the names of a decode graph's inputs. */
export function feedsOf({ weights }: LoadedPolicy): WeightFeeds {
  return Object.fromEntries([...weights].map(([name, { data }]) => [weightPrefix + name, data]));
}

/**
 * The policy of a run at the subject's checkpoint: its parameters' values are those that were trained. Throws `run/environment-changed`
 * where the model is no longer the one that the run was trained on.
 */
export async function policyOfRun(
  { record, name, modelFolder, checkpointFolder }: RunSubject,
  checkpoint: Checkpoint,
  catalog: PluginCatalog,
): Promise<Policy> {
  const { model: trainedOn } = record.hashes;
  const found = await checkpoint.hash();
  if (trainedOn !== undefined && trainedOn !== found) {
    throw new RlvrError(
      'run/environment-changed',
      `The model ${modelFolder} is not the one that run ${name} was trained on (its weights have changed), ` +
        'so the adapter does not belong to it.',
      { model: modelFolder, trainedOn, found },
    );
  }
  const { plugin, config } = chosenPlugin(catalog, 'adapter', record.experiment.adapter);
  return checkpointFolder === undefined
    ? createPolicy(checkpoint, plugin, config, record.experiment.seed)
    : trainedPolicy(checkpoint.config, plugin, config, checkpointFolder);
}

async function mergedWeights(
  subject: RunSubject,
  checkpoint: Checkpoint,
  catalog: PluginCatalog,
): Promise<ReadonlyMap<string, Weight>> {
  const policy = await policyOfRun(subject, checkpoint, catalog);
  const merged = await createMergedWeights(checkpoint, policy);
  try {
    return await merged.of({ parameters: parameterValues(policy) });
  } finally {
    await merged.release();
  }
}
