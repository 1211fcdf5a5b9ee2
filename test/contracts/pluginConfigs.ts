import { fileURLToPath } from 'node:url';
import type { PluginDescription } from '../../core/contracts/plugin.ts';

/** What a plugin must be given, by id, where its configuration has no default; everything else starts from {}. */
const required: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  function: {
    file: fileURLToPath(new URL('../plugins/rewards/functions/functions.ts', import.meta.url)),
    export: 'later',
  },
  jsonl: { path: 'problems.jsonl' },
  parquet: { path: 'problems.parquet' },
  hub: { id: 'tiny/sums' },
  dapo_math_17k: { path: 'dapo_math_17k' },
  gsm8k: { path: 'gsm8k' },
  math_500: { path: 'math_500', divide: true },
  aime_2024: { path: 'aime_2024', divide: true },
  aime_2025: { path: 'aime_2025', divide: true },
  amc_2023: { path: 'amc_2023', divide: true },
  minerva: { path: 'minerva', divide: true },
  hmmt_2025: { path: 'hmmt_2025', divide: true },
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
