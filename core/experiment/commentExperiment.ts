import { isMap, isPair, isScalar, isSeq, visit } from 'yaml';
import type { YAMLMap } from 'yaml';
import type { z } from 'zod';
import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import { experimentJsonSchema, propertiesOf } from './jsonSchema.ts';
import { typeInWords } from './pluginOptions.ts';
import type { Experiment } from './schema.ts';
import { valueAt } from './source.ts';
import type { PathPart } from './source.ts';
import { yamlDocument } from './yamlDocument.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

const commentWidth = 100;

/**
 * An experiment as YAML in which every key says what it does, in the words of the schema. Keys that have no value stand in comments.
 * It can be run as it is.
 */
export function commentExperiment(experiment: Experiment, catalog: PluginCatalog, head: string): string {
  const schema = experimentJsonSchema(catalog);
  const document = yamlDocument(experiment);
  document.commentBefore = commentLines(head, 0);
  visit(document, {
    Map: (key, map, ancestors) => {
      const path = pathOf(key, ancestors, map);
      const here = schemaAt(schema, experiment, path);
      if (here !== undefined) commentMap(map, here, path.length);
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function commentMap(map: YAMLMap, schema: JsonSchema, depth: number): void {
  const properties = propertiesOf(schema);
  for (const [index, { key, value }] of map.items.entries()) {
    if (!isScalar(key)) continue;
    const own = properties[String(key.value)];
    const comment = own === undefined ? '' : describe(own, isMap(value));
    if (comment !== '') key.commentBefore = commentLines(comment, depth);
    // A comment before the first key of a list's entry would stand between the dash and the key.
    key.spaceBefore = depth === 0 && index > 0;
    if ((isMap(value) || isSeq(value)) && !isNested(value)) value.flow = true;
  }
  const written = map.items.map(({ key }) => (isScalar(key) ? String(key.value) : ''));
  const aliases = Object.entries(properties).filter(([, { description }]) => description?.startsWith('The same as `'));
  const unset = Object.entries(properties).filter(
    ([name]) => !written.includes(name) && !aliases.some(([alias]) => alias === name),
  );
  if (unset.length === 0) return;
  map.comment = unset.map(([name, own]) => commentLines(`${name}: not set. ${describe(own, true)}`, depth)).join('\n');
}

/** What a key does, and what it takes where the schema lists that. */
function describe(schema: JsonSchema, isSection: boolean): string {
  const { description = '' } = schema;
  const choices = schema.enum === undefined || isSection ? '' : `: ${typeInWords(schema)}`;
  return description === '' ? choices.replace(/^: /, '') : `${description}${choices}`;
}

/** Collections of plain values stand on one line. */
function isNested(value: { readonly items: readonly unknown[] }): boolean {
  return value.items.some((item) => !isScalar(item));
}

function schemaAt(schema: JsonSchema, data: unknown, path: readonly PathPart[]): JsonSchema | undefined {
  let inside: JsonSchema | undefined = branchFor(schema, data);
  for (let length = 1; length <= path.length && inside !== undefined; length++) {
    const part = path[length - 1];
    const next: unknown = typeof part === 'number' ? inside.items : propertiesOf(inside)[String(part)];
    const isSchema = typeof next === 'object' && !Array.isArray(next);
    inside = isSchema ? branchFor(next as JsonSchema, valueAt(data, path.slice(0, length))) : undefined;
  }
  return inside;
}

/** Of alternatives the one whose `type` the data has. */
function branchFor(schema: JsonSchema, data: unknown): JsonSchema {
  const branches = schema.oneOf ?? schema.anyOf ?? [];
  const type = valueAt(data, ['type']);
  return branches.find((branch) => propertiesOf(branch)['type']?.const === type) ?? schema;
}

function pathOf(key: unknown, ancestors: readonly unknown[], node: unknown): readonly PathPart[] {
  const chain = [...ancestors, node];
  return chain.flatMap((ancestor, index): PathPart[] => {
    if (isPair(ancestor)) return isScalar(ancestor.key) ? [String(ancestor.key.value)] : [];
    if (!isSeq(ancestor) || index === chain.length - 1) return [];
    return [ancestor.items.indexOf(chain[index + 1])];
  });
}

/** Text as the library takes it for a comment: lines that begin with a space, broken between words. */
function commentLines(text: string, depth: number): string {
  const width = commentWidth - 2 * depth;
  return text
    .split('\n')
    .flatMap((paragraph) =>
      paragraph.split(' ').reduce<string[]>((lines, word) => {
        const last = lines.at(-1);
        const fits = last !== undefined && last.length + word.length < width;
        return fits ? [...lines.slice(0, -1), `${last} ${word}`] : [...lines, word];
      }, []),
    )
    .map((line) => ` ${line}`)
    .join('\n');
}
