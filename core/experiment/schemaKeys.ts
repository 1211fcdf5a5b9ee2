import type { z } from 'zod';
import { valueAt } from './source.ts';
import type { PathPart } from './source.ts';

type AnySchema = z.core.$ZodType;

/**
 * The keys that an object schema takes at a path, for messages and completion. `data` decides between the branches of a
 * discriminated union. Undefined where the schema is no object there.
 */
export function schemaKeys(schema: AnySchema, path: readonly PathPart[], data: unknown): readonly string[] | undefined {
  const found = schemaAt(schema, path, data);
  const shape = found === undefined ? undefined : shapeOf(found, valueAt(data, path));
  return shape === undefined ? undefined : Object.keys(shape);
}

/** All dotted paths at which a schema has a key of this name. */
export function pathsOfKey(schema: AnySchema, key: string, prefix = ''): readonly string[] {
  const shape = shapeOf(schema, undefined) ?? {};
  return Object.entries(shape).flatMap(([name, inner]) => [
    ...(name === key ? [`${prefix}${name}`] : []),
    ...pathsOfKey(inner, key, `${prefix}${name}.`),
  ]);
}

/** Whether a schema takes whole numbers at a path (a schema that is given text there only says that it wants a number). */
export function isWholeNumber(schema: AnySchema, path: readonly PathPart[], data: unknown): boolean {
  const found = schemaAt(schema, path, data);
  if (found === undefined) return false;
  const { def } = unwrapped(found)._zod as z.core.$ZodTypes['_zod'];
  return def.type === 'number' && 'format' in def && def.format === 'safeint';
}

function schemaAt(schema: AnySchema, path: readonly PathPart[], data: unknown): AnySchema | undefined {
  const [part, ...rest] = path;
  if (part === undefined) return schema;
  const { def } = unwrapped(schema)._zod as z.core.$ZodTypes['_zod'];
  const inside = valueAt(data, [part]);
  if (def.type === 'array') return schemaAt(def.element, rest, inside);
  const next = shapeOf(schema, data)?.[part];
  return next === undefined ? undefined : schemaAt(next, rest, inside);
}

function shapeOf(schema: AnySchema, data: unknown): Readonly<Record<string, AnySchema>> | undefined {
  const { def } = unwrapped(schema)._zod as z.core.$ZodTypes['_zod'];
  if (def.type === 'object') return def.shape;
  if (def.type === 'intersection') return { ...shapeOf(def.left, data), ...shapeOf(def.right, data) };
  if (def.type !== 'union') return undefined;
  const type = valueAt(data, ['type']);
  const shapes = def.options.map((option) => shapeOf(option, data));
  return shapes.find((shape) => shape?.['type'] !== undefined && literalValues(shape['type']).includes(type));
}

function literalValues(schema: AnySchema): readonly unknown[] {
  const { def } = schema._zod as z.core.$ZodTypes['_zod'];
  return def.type === 'literal' ? def.values : [];
}

function unwrapped(schema: AnySchema): AnySchema {
  const { def } = schema._zod as z.core.$ZodTypes['_zod'];
  if ('innerType' in def) return unwrapped(def.innerType);
  return def.type === 'pipe' ? unwrapped(def.in) : schema;
}
