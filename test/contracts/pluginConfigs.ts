import type { PluginDescription } from '../../core/contracts/plugin.ts';

/** What a plugin must be given, by id, where its configuration has no default; everything else starts from {}. */
const required: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  jsonl: { path: 'problems.jsonl' },
  parquet: { path: 'problems.parquet' },
  // On machines that cannot cut programs off from the network, too; no text of the suite holds a program.
  code: { network: 'allowed' },
  repetition_penalty: { ngram_size: 3, max_penalty: -1 },
  soft_overlong: { soft_punish_cache: 16 },
};

/** The least that a user can write for a plugin. */
export function leastOptions({ id }: { readonly id: string }): Readonly<Record<string, unknown>> {
  return required[id] ?? {};
}

/** A plugin's configuration with all of its defaults, under `changes`. */
export function configFor<Config>(
  plugin: PluginDescription<Config>,
  changes: Readonly<Record<string, unknown>> = {},
): Config {
  return plugin.config.parse({ ...leastOptions(plugin), ...changes });
}
