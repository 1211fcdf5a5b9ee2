import type { z } from 'zod';
import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import { experimentJsonSchema, propertiesOf, toJsonSchema } from '../experiment/jsonSchema.ts';
import { studySchema } from './studySchema.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The JSON Schema of study files, for editors: what is of an experiment has the experiment's keys, those of its plugins too. */
export function studyJsonSchema(catalog: PluginCatalog): JsonSchema {
  const { $schema: _version, required: _required, title: _title, ...experiment } = experimentJsonSchema(catalog);
  const schema = toJsonSchema(studySchema);
  const properties = propertiesOf(schema);
  const { description } = properties['experiment'] ?? {};
  const methods = properties['methods']?.items;
  const branches = typeof methods === 'object' && !Array.isArray(methods) ? (methods.anyOf ?? []) : [];
  const { adapter, optimizer } = propertiesOf(experiment);
  for (const branch of branches) {
    const keys = propertiesOf(branch);
    if (keys['adapter'] !== undefined) Object.assign(branch.properties ?? {}, { adapter, optimizer });
  }
  return {
    ...schema,
    properties: {
      ...properties,
      experiment: { ...(description === undefined ? {} : { description }), anyOf: [{ type: 'string' }, experiment] },
    },
  };
}
