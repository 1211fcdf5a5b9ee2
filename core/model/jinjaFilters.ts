import { toJson } from './jinjaJson.ts';
import type { JinjaValue } from './jinjaValue.ts';
import { contentOf, itemsOf, numberOf, textOf, toJinja, toJinjaList, toText } from './jinjaValue.ts';
import { strip } from './pythonText.ts';

/** Evaluated arguments of a call. */
export interface JinjaArguments {
  readonly positional: readonly JinjaValue[];
  readonly keyword: ReadonlyMap<string, JinjaValue>;
}

/** What filters that apply tests and filters by name need from the interpreter. */
export interface FilterContext {
  test(name: string, value: JinjaValue, rest: readonly JinjaValue[]): boolean;
  filter(name: string, value: JinjaValue): JinjaValue;
}

type Filter = (value: JinjaValue, args: JinjaArguments, context: FilterContext) => JinjaValue;

/** Filters that @huggingface/jinja lacks, or computes differently from Jinja under Python. Others are the library's. */
export const jinjaFilters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['trim', (value, args) => toJinja(strip(toText(value), 'both', optionalText(argument(args, 0, 'chars'))))],
  ['string', (value) => toJinja(toText(value))],
  ['capitalize', (value) => toJinja(capitalize(toText(value)))],
  ['tojson', tojson],
  ['length', length],
  ['count', length],
  ['list', (value) => toJinjaList(itemsOf(value))],
  ['first', (value) => itemsOf(value)[0] ?? toJinja(undefined)],
  ['last', (value) => itemsOf(value).at(-1) ?? toJinja(undefined)],
  ['int', (value, args) => toInteger(value, argument(args, 0, 'default'))],
  ['join', join],
  ['map', map],
  ['select', (value, args, context) => selection(value, args, context, true)],
  ['reject', (value, args, context) => selection(value, args, context, false)],
  ['selectattr', (value, args, context) => selectionByAttribute(value, args, context, true)],
  ['rejectattr', (value, args, context) => selectionByAttribute(value, args, context, false)],
]);

/** Methods of strings that the library lacks, or computes differently from Python. */
export const stringMethods: ReadonlyMap<string, (text: string, args: readonly JinjaValue[]) => JinjaValue> = new Map([
  ['strip', (text, [characters]) => toJinja(strip(text, 'both', optionalText(characters)))],
  ['lstrip', (text, [characters]) => toJinja(strip(text, 'left', optionalText(characters)))],
  ['rstrip', (text, [characters]) => toJinja(strip(text, 'right', optionalText(characters)))],
  ['capitalize', (text) => toJinja(capitalize(text))],
  [
    'join',
    (text, [items]) =>
      toJinja(
        items === undefined
          ? ''
          : itemsOf(items)
              .map((item) => textOf(item, 'join'))
              .join(text),
      ),
  ],
  ['find', (text, [part]) => toJinja(codePointIndex(text, text.indexOf(optionalText(part) ?? '')))],
  ['rfind', (text, [part]) => toJinja(codePointIndex(text, text.lastIndexOf(optionalText(part) ?? '')))],
  ['removeprefix', (text, [part]) => toJinja(removePrefix(text, optionalText(part) ?? ''))],
  ['removesuffix', (text, [part]) => toJinja(removeSuffix(text, optionalText(part) ?? ''))],
]);

function argument(args: JinjaArguments, position: number, name: string): JinjaValue | undefined {
  return args.positional[position] ?? args.keyword.get(name);
}

function optionalText(value: JinjaValue | undefined): string | undefined {
  return value === undefined || value.type === 'NullValue' ? undefined : textOf(value, 'this argument');
}

function capitalize(text: string): string {
  const [first = '', ...rest] = Array.from(text);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

function codePointIndex(text: string, index: number): number {
  return index < 0 ? -1 : Array.from(text.slice(0, index)).length;
}

function removePrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function removeSuffix(text: string, suffix: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

function length(value: JinjaValue): JinjaValue {
  return toJinja(itemsOf(value).length);
}

function tojson(value: JinjaValue, args: JinjaArguments): JinjaValue {
  const separators = argument(args, 2, 'separators');
  const indent = argument(args, 1, 'indent');
  const [item, key] = separators === undefined || separators.type === 'NullValue' ? [] : itemsOf(separators);
  const json = toJson(value, {
    ensureAscii: isTrue(argument(args, 0, 'ensure_ascii')),
    indent: indent === undefined ? undefined : numberOf(indent),
    separators: item && key ? [textOf(item, 'separators'), textOf(key, 'separators')] : undefined,
    sortKeys: isTrue(argument(args, 3, 'sort_keys')),
  });
  return toJinja(json);
}

function isTrue(value: JinjaValue | undefined): boolean {
  return value?.__bool__().value ?? false;
}

function toInteger(value: JinjaValue, fallback: JinjaValue | undefined): JinjaValue {
  const text = contentOf(value, 'StringValue');
  const number = text === undefined ? numberOf(value) : parseNumber(strip(text, 'both'));
  return number === undefined || !Number.isFinite(number) ? (fallback ?? toJinja(0)) : toJinja(Math.trunc(number));
}

function parseNumber(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function join(value: JinjaValue, args: JinjaArguments): JinjaValue {
  const attribute = argument(args, 1, 'attribute');
  const items = attribute === undefined ? itemsOf(value) : itemsOf(value).map((item) => attributeOf(item, attribute));
  return toJinja(items.map(toText).join(optionalText(argument(args, 0, 'd')) ?? ''));
}

function attributeOf(value: JinjaValue, path: JinjaValue): JinjaValue {
  return toText(path)
    .split('.')
    .reduce((item, key) => memberOf(item, key) ?? toJinja(undefined), value);
}

function memberOf(value: JinjaValue, key: string): JinjaValue | undefined {
  const list = contentOf(value, 'ArrayValue') ?? contentOf(value, 'TupleValue');
  if (list !== undefined && /^\d+$/.test(key)) return list[Number(key)];
  return (contentOf(value, 'ObjectValue') ?? contentOf(value, 'NamespaceValue'))?.get(key);
}

function map(value: JinjaValue, args: JinjaArguments, context: FilterContext): JinjaValue {
  const attribute = args.keyword.get('attribute');
  if (attribute === undefined) {
    const [name] = args.positional;
    if (name === undefined || args.positional.length > 1)
      throw new TypeError('map takes the name of one filter, or attribute=');
    return toJinjaList(itemsOf(value).map((item) => context.filter(toText(name), item)));
  }
  const fallback = args.keyword.get('default');
  return toJinjaList(
    itemsOf(value).map((item) => {
      const found = attributeOf(item, attribute);
      return found.type === 'UndefinedValue' && fallback !== undefined ? fallback : found;
    }),
  );
}

function selection(value: JinjaValue, args: JinjaArguments, context: FilterContext, wanted: boolean): JinjaValue {
  const [name, ...rest] = args.positional;
  return toJinjaList(itemsOf(value).filter((item) => passes(item, name, rest, context) === wanted));
}

function selectionByAttribute(
  value: JinjaValue,
  args: JinjaArguments,
  context: FilterContext,
  wanted: boolean,
): JinjaValue {
  const [attribute, name, ...rest] = args.positional;
  if (attribute === undefined) throw new TypeError('selectattr and rejectattr take the name of an attribute');
  return toJinjaList(
    itemsOf(value).filter((item) => passes(attributeOf(item, attribute), name, rest, context) === wanted),
  );
}

function passes(
  item: JinjaValue,
  name: JinjaValue | undefined,
  rest: readonly JinjaValue[],
  context: FilterContext,
): boolean {
  return name === undefined ? item.__bool__().value : context.test(textOf(name, 'the name of a test'), item, rest);
}
