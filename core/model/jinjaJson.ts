import type { JinjaValue } from './jinjaValue.ts';
import { contentOf, typeName } from './jinjaValue.ts';
import { floatRepr } from './pythonText.ts';

/** Options of Python's `json.dumps` that chat templates can give. */
export interface JsonOptions {
  readonly ensureAscii?: boolean;
  /** Spaces per level; without it everything is on one line. */
  readonly indent?: number | undefined;
  /** Between items, and between a key and its value. */
  readonly separators?: readonly [string, string] | undefined;
  readonly sortKeys?: boolean;
}

const JSON_CONSTANTS: Readonly<Record<string, string>> = { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' };

/**
 * Python's `json.dumps`, which is what `tojson` is in transformers.
 *
 * @throws TypeError for undefined and functions
 */
export function toJson(value: JinjaValue, options: JsonOptions = {}, depth = 0): string {
  const text = contentOf(value, 'StringValue');
  if (text !== undefined) return quote(text, options);
  const float = contentOf(value, 'FloatValue');
  if (float !== undefined) return JSON_CONSTANTS[floatRepr(float)] ?? floatRepr(float);
  const list = contentOf(value, 'ArrayValue') ?? contentOf(value, 'TupleValue');
  if (list !== undefined)
    return wrap(
      '[',
      list.map((item) => toJson(item, options, depth + 1)),
      ']',
      options,
      depth,
    );
  const mapping = contentOf(value, 'ObjectValue');
  if (mapping !== undefined) return mappingToJson(mapping, options, depth);
  if (value.type === 'NullValue') return 'null';
  const plain = contentOf(value, 'IntegerValue') ?? contentOf(value, 'BooleanValue');
  if (plain !== undefined) return String(plain);
  throw new TypeError(`tojson cannot write ${typeName(value)}`);
}

function mappingToJson(mapping: ReadonlyMap<string, JinjaValue>, options: JsonOptions, depth: number): string {
  const entries = [...mapping];
  if (options.sortKeys === true) entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const colon = options.separators?.[1] ?? ': ';
  const fields = entries.map(([key, item]) => `${quote(key, options)}${colon}${toJson(item, options, depth + 1)}`);
  return wrap('{', fields, '}', options, depth);
}

function wrap(open: string, items: readonly string[], close: string, options: JsonOptions, depth: number): string {
  const { indent, separators } = options;
  if (indent === undefined) return open + items.join(separators?.[0] ?? ', ') + close;
  if (items.length === 0) return open + close;
  const line = `\n${' '.repeat(indent * depth)}`;
  const inner = line + ' '.repeat(indent);
  return open + inner + items.join((separators?.[0] ?? ',') + inner) + line + close;
}

function quote(text: string, { ensureAscii = false }: JsonOptions): string {
  const quoted = JSON.stringify(text);
  if (!ensureAscii) return quoted;
  return quoted.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
