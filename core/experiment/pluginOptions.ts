import type { z } from 'zod';
import type { PluginDescription } from '../contracts/plugin.ts';
import { propertiesOf, toJsonSchema } from './jsonSchema.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** One key of a plugin's configuration, as `rlvr plugins` lists it. */
export interface PluginOption {
  readonly name: string;
  /** What the key takes, in words. */
  readonly type: string;
  readonly required: boolean;
  readonly default?: unknown;
  readonly description?: string;
  /** Other spellings. */
  readonly aliases: readonly string[];
}

/** The keys of a plugin's configuration, in its order, with their defaults. */
export function pluginOptions({ config, aliases = {} }: PluginDescription<unknown>): readonly PluginOption[] {
  const schema = toJsonSchema(config);
  return Object.entries(propertiesOf(schema)).map(([name, option]) => ({
    name,
    type: typeInWords(option),
    required: schema.required?.includes(name) ?? false,
    ...(option.default === undefined ? {} : { default: option.default }),
    ...(option.description === undefined ? {} : { description: option.description }),
    aliases: Object.keys(aliases).filter((alias) => aliases[alias] === name),
  }));
}

/** What a JSON Schema takes, in a few words: `whole number of at least 1`, `"token" or "sequence"`, `list of text`. */
export function typeInWords(schema: JsonSchema): string {
  const choices = schema.anyOf ?? schema.oneOf;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return joined(schema.enum.map((value) => JSON.stringify(value)));
  if (choices !== undefined) return joined([...new Set(choices.map(typeInWords))]);
  const types: readonly unknown[] = Array.isArray(schema.type) ? schema.type : [];
  if (types.length > 0) return joined(types.map((type) => typeInWords({ ...schema, type } as JsonSchema)));
  switch (schema.type) {
    case 'integer':
      return `whole number${boundsInWords(schema)}`;
    case 'number':
      return `number${boundsInWords(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    case 'null':
      return 'null';
    case 'array':
      return Array.isArray(schema.prefixItems)
        ? `[${schema.prefixItems.map((item) => typeInWords(item as JsonSchema)).join(', ')}]`
        : `list of ${typeof schema.items === 'object' && !Array.isArray(schema.items) ? typeInWords(schema.items) : 'values'}`;
    case 'object':
      return 'keys with values';
    default:
      return 'any value';
  }
}

function boundsInWords({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  // Whole numbers are bounded by what a number holds exactly, which no user needs to read.
  const isSaid = (bound: number | boolean | undefined): bound is number =>
    typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const bounds = [
    ...(isSaid(exclusiveMinimum) ? [`above ${exclusiveMinimum}`] : []),
    ...(isSaid(exclusiveMaximum) ? [`below ${exclusiveMaximum}`] : []),
  ];
  if (isSaid(minimum) && isSaid(maximum)) bounds.unshift(`from ${minimum} to ${maximum}`);
  else if (isSaid(minimum)) bounds.unshift(`of at least ${minimum}`);
  else if (isSaid(maximum)) bounds.unshift(`of at most ${maximum}`);
  return bounds.map((bound) => ` ${bound}`).join(' and');
}

function joined(words: readonly string[]): string {
  return words.length < 3 ? words.join(' or ') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
