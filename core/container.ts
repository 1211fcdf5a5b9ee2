import { Container } from 'inversify';
import { Adapter } from './contracts/adapter.ts';
import { Analyzer } from './contracts/analyzer.ts';
import { Dataset } from './contracts/dataset.ts';
import { Engine } from './contracts/engine.ts';
import { Objective } from './contracts/objective.ts';
import { Optimizer } from './contracts/optimizer.ts';
import { PluginCatalog } from './contracts/pluginCatalog.ts';
import type { PluginKind, PluginKinds, PluginSet } from './contracts/pluginCatalog.ts';
import { Reward } from './contracts/reward.ts';
import { didYouMean } from './didYouMean.ts';
import { RlvrError } from './errors.ts';
import { presetAdapter } from './presetAdapter.ts';

const tokens: Readonly<Record<PluginKind, symbol>> = {
  adapter: Adapter,
  reward: Reward,
  optimizer: Optimizer,
  objective: Objective,
  analyzer: Analyzer,
  dataset: Dataset,
  engine: Engine,
};

/** A container in which every plugin is bound to its contract's token, and `PluginCatalog` finds them by kind and id. */
export function createContainer(plugins: PluginSet): Container {
  const container = new Container();
  const constants: readonly (readonly [symbol, readonly unknown[]])[] = [
    [Adapter, [...plugins.adapters, ...plugins.presets.map((preset) => presetAdapter(preset, plugins.adapters))]],
    [Reward, plugins.rewards],
    [Optimizer, plugins.optimizers],
    [Objective, plugins.objectives],
    [Analyzer, plugins.analyzers],
    [Dataset, plugins.datasets],
  ];
  for (const [token, values] of constants) {
    for (const value of values) container.bind(token).toConstantValue(value);
  }
  container.bind<PluginCatalog>(PluginCatalog).toConstantValue(catalogOf(container));
  for (const createEngine of plugins.engines) {
    container.bind<Engine>(Engine).toResolvedValue(createEngine, [PluginCatalog]).inSingletonScope();
  }
  return container;
}

/** The plugin of this kind and id. Throws `config/unknown-plugin`, which suggests the nearest id and lists all. */
export function pluginOf<Kind extends PluginKind>(container: Container, kind: Kind, id: string): PluginKinds[Kind] {
  return container.get<PluginCatalog>(PluginCatalog).find(kind, id);
}

/** The catalog of the plugins in `plugins`, for callers that need nothing else of the container. */
export function createCatalog(plugins: PluginSet): PluginCatalog {
  return createContainer(plugins).get<PluginCatalog>(PluginCatalog);
}

function catalogOf(container: Container): PluginCatalog {
  const all = <Kind extends PluginKind>(kind: Kind): readonly PluginKinds[Kind][] =>
    container.getAll<PluginKinds[Kind]>(tokens[kind], { optional: true });
  return {
    all,
    find: (kind, id) => {
      const plugins = all(kind);
      const found = plugins.find((plugin) => plugin.id === id);
      if (found !== undefined) return found;
      const ids = plugins.map((plugin) => plugin.id);
      const choices = ids.length === 0 ? `There is no ${kind} plugin at all.` : `There are: ${ids.join(', ')}.`;
      throw new RlvrError(
        'config/unknown-plugin',
        `There is no ${kind} named "${id}".${didYouMean(id, ids)} ${choices}`,
        {
          kind,
          id,
          choices: ids,
        },
      );
    },
  };
}
