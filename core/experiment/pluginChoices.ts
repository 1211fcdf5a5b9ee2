import type { PluginCatalog, PluginKind, PluginKinds } from '../contracts/pluginCatalog.ts';
import type { Experiment } from './schema.ts';
import type { PathPart } from './source.ts';

/** A plugin named in an experiment, with its keys. */
export interface PluginChoice {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A place in an experiment where a plugin is chosen. */
export interface ChoiceSite {
  readonly kind: PluginKind;
  readonly path: readonly PathPart[];
  readonly choice: PluginChoice;
}

const experimentKeys: Readonly<Partial<Record<PluginKind, readonly string[]>>> = {
  reward: ['type', 'weight'],
  engine: ['type', 'device', 'threads'],
};

/** Keys that stand beside a plugin's own in an experiment, and are not the plugin's. */
export function keysBesidePlugin(kind: PluginKind): readonly string[] {
  return experimentKeys[kind] ?? ['type'];
}

/** Every plugin that an experiment names, in the order of the file format. */
export function choiceSites({
  data,
  adapter,
  rewards,
  objective,
  optimizer,
  engine,
  evaluation,
}: Experiment): readonly ChoiceSite[] {
  const evaluate: ChoiceSite[] =
    data.evaluate === undefined ? [] : [{ kind: 'dataset', path: ['data', 'evaluate'], choice: data.evaluate }];
  return [
    { kind: 'dataset', path: ['data', 'train'], choice: data.train },
    ...evaluate,
    ...data.watch.map((choice, index): ChoiceSite => ({ kind: 'dataset', path: ['data', 'watch', index], choice })),
    { kind: 'adapter', path: ['adapter'], choice: adapter },
    ...rewards.map((choice, index): ChoiceSite => ({ kind: 'reward', path: ['rewards', index], choice })),
    { kind: 'objective', path: ['objective'], choice: objective },
    { kind: 'optimizer', path: ['optimizer'], choice: optimizer },
    ...evaluation.benchmarks.flatMap((benchmark, index): ChoiceSite[] => {
      const path = ['evaluation', 'benchmarks', index];
      const { data: problems, reward } = benchmark;
      return [
        { kind: 'dataset', path: [...path, 'data'], choice: problems },
        ...(reward === undefined ? [] : [{ kind: 'reward', path: [...path, 'reward'], choice: reward } as const]),
      ];
    }),
    { kind: 'engine', path: ['engine'], choice: engine },
  ];
}

/** A choice's keys that are the plugin's own. */
export function pluginKeys(kind: PluginKind, choice: PluginChoice): Readonly<Record<string, unknown>> {
  const beside = keysBesidePlugin(kind);
  return Object.fromEntries(Object.entries(choice).filter(([key]) => !beside.includes(key)));
}

/**
 * The plugin that a resolved experiment names, and its configuration. Throws `config/unknown-plugin` where it is not there (a run of
 * another version), and a ZodError where the experiment was not resolved.
 */
export function chosenPlugin<Kind extends PluginKind>(
  catalog: PluginCatalog,
  kind: Kind,
  choice: PluginChoice,
): { readonly plugin: PluginKinds[Kind]; readonly config: unknown } {
  const plugin = catalog.find(kind, choice.type);
  return { plugin, config: plugin.config.parse(pluginKeys(kind, choice)) };
}
