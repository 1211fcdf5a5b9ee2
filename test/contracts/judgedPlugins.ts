import { describe, it } from 'vitest';
import type { Behaviour } from '../../core/conformance/behaviour.ts';
import type { DescribedPlugin } from '../../core/conformance/description.ts';
import type { PluginDescription } from '../../core/contracts/plugin.ts';
import { configFor, leastOptions } from './pluginConfigs.ts';

/** Judges every plugin of a kind by every behaviour of the kind, one test each, with the least options that a user can write. */
export function judgeEach<Plugin extends PluginDescription<unknown>, Subject extends DescribedPlugin>(
  kind: string,
  plugins: readonly Plugin[],
  behaviours: readonly Behaviour<Subject>[],
  subjectOf: (plugin: Plugin, common: DescribedPlugin & { readonly config: unknown }) => Subject,
): void {
  describe.each(plugins.map((plugin) => [plugin.id, plugin] as const))('%s', (id, plugin) => {
    const common = { plugin: `${kind} "${id}"`, description: plugin, options: leastOptions(plugin) };
    const subject = subjectOf(plugin, { ...common, config: configFor(plugin) });

    it.each(behaviours)('$name', async ({ judge }) => {
      await judge(subject);
    });
  });
}
