import type { Adapter } from '../contracts/adapter.ts';
import type { Analyzer } from '../contracts/analyzer.ts';
import type { Dataset } from '../contracts/dataset.ts';
import type { Objective } from '../contracts/objective.ts';
import type { Optimizer } from '../contracts/optimizer.ts';
import type { PluginDescription } from '../contracts/plugin.ts';
import type { Reward } from '../contracts/reward.ts';
import { adapterBehaviours } from './adapterBehaviours.ts';
import { openAdapterSubject, suiteConfigurations } from './adapterSubject.ts';
import type { AdapterSurroundings } from './adapterSubject.ts';
import { analyzerBehaviours } from './analyzerBehaviours.ts';
import type { Behaviour, BehaviourObserver, Verdict } from './behaviour.ts';
import { judgeAll } from './behaviour.ts';
import { datasetBehaviours } from './datasetBehaviours.ts';
import { describesItself } from './description.ts';
import type { DescribedPlugin } from './description.ts';
import { guardPlugin } from './guardPlugin.ts';
import { objectiveBehaviours } from './objectiveBehaviours.ts';
import { optimizerBehaviours } from './optimizerBehaviours.ts';
import { rewardBehaviours } from './rewardBehaviours.ts';

/** A plugin to be judged, by its kind. Presets are judged as the adapters that they are. */
export type JudgedPlugin =
  | { readonly kind: 'adapter'; readonly plugin: Adapter }
  | { readonly kind: 'reward'; readonly plugin: Reward }
  | { readonly kind: 'optimizer'; readonly plugin: Optimizer }
  | { readonly kind: 'objective'; readonly plugin: Objective }
  | { readonly kind: 'analyzer'; readonly plugin: Analyzer }
  | { readonly kind: 'dataset'; readonly plugin: Dataset };

/** How a plugin did with one configuration. */
export interface Judgement {
  readonly options: Readonly<Record<string, unknown>>;
  readonly verdicts: readonly Verdict[];
}

/** What judging needs beside the plugin. */
export interface JudgeOptions extends AdapterSurroundings {
  /** Configuration with which a plugin of another kind than adapter is tried, where not all of its options have defaults. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Against which relative paths in a data set's options are resolved. */
  readonly baseFolder: string;
  readonly onWillJudge?: BehaviourObserver;
}

/** Judges a plugin by the behaviours of its kind: an adapter with each of its examples, others with the given options. */
export async function judgePlugin(judged: JudgedPlugin, given: JudgeOptions): Promise<readonly Judgement[]> {
  if (judged.kind === 'adapter') return judgeAdapter(judged.plugin, given);
  const { kind } = judged;
  const { options = {}, onCall, baseFolder } = given;
  const description = guardPlugin<PluginDescription<unknown>>(kind, judged.plugin, onCall);
  const common = { plugin: `${kind} "${description.id}"`, description, options };
  const parsed = description.config.safeParse(options);
  // Where the options are refused, the first behaviour says so and the others are not judged.
  const subject = { ...common, config: parsed.data, baseFolder, [kind]: description } as unknown as DescribedPlugin;
  const behaviours = [describesItself, ...others[kind]] as readonly Behaviour<DescribedPlugin>[];
  return [{ options, verdicts: await judgeAll(subject, behaviours, given.onWillJudge) }];
}

const others = {
  reward: rewardBehaviours,
  optimizer: optimizerBehaviours,
  objective: objectiveBehaviours,
  analyzer: analyzerBehaviours,
  dataset: datasetBehaviours,
} as unknown as Readonly<Record<Exclude<JudgedPlugin['kind'], 'adapter'>, readonly Behaviour<DescribedPlugin>[]>>;

async function judgeAdapter(adapter: Adapter, given: JudgeOptions): Promise<readonly Judgement[]> {
  const judgements: Judgement[] = [];
  for (const options of suiteConfigurations(adapter)) {
    const subject = openAdapterSubject(adapter, options, given);
    try {
      judgements.push({ options, verdicts: await judgeAll(subject, adapterBehaviours, given.onWillJudge) });
    } finally {
      await subject.release();
    }
  }
  return judgements;
}
