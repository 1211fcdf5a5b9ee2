import type { Adapter } from '../../core/contracts/adapter.ts';
import type { PluginDescription } from '../../core/contracts/plugin.ts';
import type { PluginSet } from '../../core/contracts/pluginCatalog.ts';
import type { Preset } from '../../core/contracts/preset.ts';
import { guardAdapter } from '../../core/conformance/guardAdapter.ts';
import { guardPlugin } from '../../core/conformance/guardPlugin.ts';
import { RlvrError } from '../../core/errors.ts';
import { registerPluginHash } from '../../core/runs/pluginHash.ts';
import type { LoadedPlugin, UserPluginKind } from './loadPlugin.ts';
import { loadPlugin } from './loadPlugin.ts';
import { pluginFiles } from './pluginFolder.ts';

/** The list of a set in which the plugins of a kind are. */
const lists: Readonly<Record<UserPluginKind, Exclude<keyof PluginSet, 'engines'>>> = {
  adapter: 'adapters',
  preset: 'presets',
  reward: 'rewards',
  optimizer: 'optimizers',
  objective: 'objectives',
  analyzer: 'analyzers',
  dataset: 'datasets',
};

/**
 * The plugins of the package and those of a folder. The folder's code runs in this process. Throws what `loadPlugin` throws, and
 * `plugin/invalid` where two plugins of a kind have the same id.
 */
export async function withUserPlugins(builtIn: PluginSet, folder: string): Promise<PluginSet> {
  const loaded: LoadedPlugin[] = [];
  for (const file of pluginFiles(folder)) loaded.push(...(await loadPlugin(file)));
  return addPlugins(builtIn, loaded);
}

/** A set with these plugins in it, guarded, so that an error names its plugin, its method and its layer. */
export function addPlugins(set: PluginSet, loaded: readonly LoadedPlugin[]): PluginSet {
  let result = set;
  for (const each of loaded) {
    const list = lists[each.kind];
    const others = namesakes(result, each.kind);
    if (others.includes(each.plugin.id)) {
      const message = `The plugin ${each.file} cannot be used: there is another ${each.kind} named "${each.plugin.id}".`;
      throw new RlvrError('plugin/invalid', message, { file: each.file, id: each.plugin.id });
    }
    result = { ...result, [list]: [...result[list], guarded(each)] };
  }
  return result;
}

/** Ids that are taken. An adapter and a preset are both named as adapters in an experiment. */
function namesakes(set: PluginSet, kind: UserPluginKind): readonly string[] {
  const plugins: readonly { readonly id: string }[] =
    kind === 'adapter' || kind === 'preset' ? [...set.adapters, ...set.presets] : set[lists[kind]];
  return plugins.map(({ id }) => id);
}

function guarded({ kind, plugin, hash }: LoadedPlugin): PluginDescription<unknown> | Preset {
  if (kind === 'preset') return plugin;
  const safe = kind === 'adapter' ? guardAdapter(plugin as Adapter) : guardPlugin(kind, plugin);
  registerPluginHash(safe, hash);
  return safe;
}
