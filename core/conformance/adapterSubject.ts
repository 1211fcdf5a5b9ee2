import type { Adapter } from '../contracts/adapter.ts';
import type { Objective } from '../contracts/objective.ts';
import type { Optimizer } from '../contracts/optimizer.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { adapterTargets } from '../training/adapterTargets.ts';
import type { Learner } from '../training/learner.ts';
import { createMergedWeights } from '../training/mergedWeights.ts';
import { createPolicy } from '../training/policy.ts';
import type { Policy } from '../training/policy.ts';
import type { AdapterBench, Values } from './adapterBench.ts';
import { createAdapterBench, perturbed } from './adapterBench.ts';
import { createSuiteLearner } from './adapterTraining.ts';
import { nonconformity } from './behaviour.ts';
import { guardAdapter } from './guardAdapter.ts';
import type { CallObserver } from './guardedCall.ts';
import { preparedAdapter } from './preparedAdapter.ts';
import { tinyBase } from './tinyBase.ts';

/** The plugins that the suite of an adapter needs beside it. */
export interface AdapterSurroundings {
  /** Adapters that may read what this one wrote for PEFT; it is asked too. */
  readonly readers: readonly Adapter[];
  /** A loss that needs no rollouts (supervised fine-tuning), with its default configuration. */
  readonly objective: Objective;
  /** The first one trains adapters that have no optimizer of their own. */
  readonly optimizers: readonly Optimizer[];
  readonly onCall?: CallObserver;
}

/** An adapter with one configuration, on the suite's base. */
export interface AdapterSubject {
  /** As the messages name it. */
  readonly plugin: string;
  /** Guarded, with calibration and without dropout. */
  readonly adapter: Adapter;
  /** As it was given. */
  readonly original: Adapter;
  /** As a user writes them. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly surroundings: AdapterSurroundings;
  readonly base: Checkpoint;
  config(): unknown;
  policy(): Policy;
  /** Values of the policy's parameters with noise on them. */
  values(): Values;
  bench(): Promise<AdapterBench>;
  /** A learner that trains the policy; whoever uses it brings it to the state that it needs. */
  learner(): Learner;
  /** The weights that a policy means with these values, by Hugging Face name. */
  merged(policy: Policy, values: Values, base?: Checkpoint): Promise<Values>;
  release(): Promise<void>;
}

/** The seed of the suite's policies. */
export const suiteSeed = 1;

/** Opens an adapter with one configuration for the suite; what it needs is made when it is asked for. */
export function openAdapterSubject(
  original: Adapter,
  options: Readonly<Record<string, unknown>>,
  surroundings: AdapterSurroundings,
): AdapterSubject {
  const plugin = `adapter "${original.id}"`;
  const adapter = guardAdapter(preparedAdapter(original), surroundings.onCall);
  const base = tinyBase();
  let policy: Policy | undefined;
  let bench: AdapterBench | undefined;
  let learner: Learner | undefined;
  const subject: AdapterSubject = {
    plugin,
    adapter,
    original,
    options,
    surroundings,
    base,
    config: () => {
      const parsed = adapter.config.safeParse(options);
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      throw nonconformity(
        { plugin },
        `it refuses ${JSON.stringify(options)}: ${issue?.path.join('.')}: ${issue?.message}`,
      );
    },
    policy: () => (policy ??= createPolicy(base, adapter, subject.config(), suiteSeed)),
    values: () => perturbed(subject.policy()),
    bench: async () => (bench ??= await createAdapterBench(base, subject.policy())),
    merged: async (own, values, onBase = base) => {
      const graph = await createMergedWeights(onBase, own);
      try {
        return new Map([...(await graph.of({ parameters: values }))].map(([name, { data }]) => [name, data]));
      } finally {
        await graph.release();
      }
    },
    learner: () => (learner ??= createSuiteLearner(subject, subject.policy())),
    release: async () => {
      await learner?.release();
      await bench?.release();
    },
  };
  return subject;
}

/** The configurations that the suite tries: the examples, and the default one where the suite's small model has room for it. */
export function suiteConfigurations(adapter: Adapter): readonly Readonly<Record<string, unknown>>[] {
  const examples = adapter.examples ?? [];
  return examples.length === 0 || fitsSuite(adapter) ? [{}, ...examples] : examples;
}

function fitsSuite(adapter: Adapter): boolean {
  const config = adapter.config.safeParse({});
  if (!config.success) return false;
  try {
    return adapterTargets(adapter, config.data, tinyBase().config).length > 0;
  } catch {
    return false;
  }
}
