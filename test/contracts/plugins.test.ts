import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { PluginDescription } from '../../core/contracts/plugin.ts';
import type { PluginKind } from '../../core/contracts/pluginCatalog.ts';
import { createCatalog } from '../../core/container.ts';
import { plugins } from '../../plugins/index.ts';
import { configFor, leastOptions } from './pluginConfigs.ts';

const kinds: readonly PluginKind[] = ['adapter', 'reward', 'optimizer', 'objective', 'analyzer', 'dataset', 'engine'];
const catalog = createCatalog(plugins);
const all = kinds.flatMap((kind) =>
  catalog.all(kind).map((plugin): [string, PluginDescription<unknown>] => [`${kind} ${plugin.id}`, plugin]),
);

function keysOf(plugin: PluginDescription<unknown>): string[] {
  const { properties = {} } = z.toJSONSchema(plugin.config, { io: 'input' });
  return Object.keys(properties);
}

describe('every plugin', () => {
  it.each(kinds)('has an id of its own among those of its kind (%s)', (kind) => {
    const ids = catalog.all(kind).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(all)('%s: says what it is, in one line each', (_name, { id, summary, source }) => {
    expect(id).toMatch(/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/);
    for (const text of [summary, source]) expect(text).toMatch(/^\S.{5,120}$/u);
  });

  it.each(all)('%s: fills in its defaults, the same ones again and again', (_name, plugin) => {
    const config = configFor(plugin);
    expect(configFor(plugin)).toEqual(config);
    expect(plugin.config.parse(config)).toEqual(config);
  });

  it.each(all)('%s: refuses a key that it does not have, by name', (_name, plugin) => {
    const { error } = plugin.config.safeParse({ ...leastOptions(plugin), surprise: 1 });
    expect(error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['surprise'] }]);
  });

  it.each(all)('%s: refuses what is not an object', (_name, plugin) => {
    for (const value of [undefined, 'text', 3, [1]]) expect(plugin.config.safeParse(value).success).toBe(false);
  });

  it.each(all)('%s: has a JSON Schema for editors, which allows no other keys', (_name, plugin) => {
    const schema = z.toJSONSchema(plugin.config, { io: 'input' });
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  it.each(all)('%s: has aliases of keys that exist, and none that is a key itself', (_name, plugin) => {
    const keys = keysOf(plugin);
    for (const [alias, key] of Object.entries(plugin.aliases ?? {})) {
      expect(keys).toContain(key);
      expect(keys).not.toContain(alias);
    }
  });
});
