import { z } from 'zod';
import type { PluginDescription } from '../contracts/plugin.ts';
import type { PluginCatalog, PluginKind } from '../contracts/pluginCatalog.ts';
import { matrixKey, matrixSchema } from './matrix.ts';
import { experimentSchema } from './schema.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Where plugins are chosen, as paths through a JSON Schema. */
const sites: readonly { kind: PluginKind; path: readonly string[] }[] = [
  { kind: 'dataset', path: ['data', 'train'] },
  { kind: 'dataset', path: ['data', 'evaluate'] },
  { kind: 'dataset', path: ['data', 'watch', '*'] },
  { kind: 'adapter', path: ['adapter'] },
  { kind: 'reward', path: ['rewards', '*'] },
  { kind: 'objective', path: ['objective'] },
  { kind: 'optimizer', path: ['optimizer'] },
  { kind: 'dataset', path: ['evaluation', 'benchmarks', '*', 'data'] },
  { kind: 'reward', path: ['evaluation', 'benchmarks', '*', 'reward'] },
  { kind: 'engine', path: ['engine'] },
];

/** The JSON Schema (draft 2020-12) of experiment files, for editors: every plugin's keys stand under its `type`. */
export function experimentJsonSchema(catalog: PluginCatalog): JsonSchema {
  const schema = toJsonSchema(experimentSchema);
  for (const { kind, path } of sites) {
    const site = descend(schema, path);
    const beside = Object.entries(propertiesOf(site)).filter(([key]) => key !== 'type');
    const { description, default: fallback } = site;
    const fallbackType = propertiesOf(site)['type']?.default;
    for (const key of Object.keys(site)) Reflect.deleteProperty(site, key);
    Object.assign(site, {
      ...(description === undefined ? {} : { description }),
      ...(fallback === undefined ? {} : { default: fallback }),
      type: 'object',
      oneOf: catalog.all(kind).map((plugin) => branch(plugin, Object.fromEntries(beside), plugin.id === fallbackType)),
    });
  }
  const { $schema: _version, ...matrix } = toJsonSchema(matrixSchema);
  return { ...schema, properties: { ...schema.properties, [matrixKey]: matrix } };
}

function branch(
  plugin: PluginDescription<unknown>,
  beside: Readonly<Record<string, JsonSchema>>,
  isFallback: boolean,
): JsonSchema {
  const config = toJsonSchema(plugin.config);
  const own = propertiesOf(config);
  const aliases = Object.entries(plugin.aliases ?? {}).map(([alias, key]): [string, JsonSchema] => [
    alias,
    { ...own[key], description: `The same as \`${key}\`` },
  ]);
  return {
    title: plugin.id,
    description: plugin.summary,
    type: 'object',
    properties: {
      type: { const: plugin.id, description: plugin.summary },
      ...beside,
      ...own,
      ...Object.fromEntries(aliases),
    },
    required: [...(isFallback ? [] : ['type']), ...(config.required ?? [])],
    additionalProperties: false,
  };
}

function descend(schema: JsonSchema, path: readonly string[]): JsonSchema {
  let inside = schema;
  for (const part of path) {
    const next = part === '*' ? inside.items : propertiesOf(inside)[part];
    if (typeof next !== 'object' || Array.isArray(next))
      throw new Error(`the experiment schema has nothing at ${path.join('.')}`);
    inside = next;
  }
  return inside;
}

/** The properties of an object schema, those of its parts (`allOf`) included. */
export function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  const parts = [schema, ...(schema.allOf ?? [])];
  return Object.assign({}, ...parts.map((part) => part.properties ?? {})) as Record<string, JsonSchema>;
}

/** What a zod schema takes, as JSON Schema; what JSON Schema cannot say is left out. */
export function toJsonSchema(schema: z.core.$ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}
