import { Environment } from '@huggingface/jinja';
import { floatRepr, stringRepr } from './pythonText.ts';

/** A value of a running template, as the interpreter of @huggingface/jinja holds it. The library exports none of its classes. */
export type JinjaValue = ReturnType<Environment['lookupVariable']>;

/** What `value` holds, by `type`. */
interface Contents {
  readonly StringValue: string;
  readonly IntegerValue: number;
  readonly FloatValue: number;
  readonly BooleanValue: boolean;
  readonly ArrayValue: readonly JinjaValue[];
  readonly TupleValue: readonly JinjaValue[];
  readonly ObjectValue: ReadonlyMap<string, JinjaValue>;
  readonly NamespaceValue: ReadonlyMap<string, JinjaValue>;
  readonly KeywordArgumentsValue: ReadonlyMap<string, JinjaValue>;
}

/** The content of a value of this type, or undefined if it is of another. */
export function contentOf<Type extends keyof Contents>(value: JinjaValue, type: Type): Contents[Type] | undefined {
  return value.type === type ? (value.value as Contents[Type]) : undefined;
}

/** A string's content. @throws TypeError for another value */
export function textOf(value: JinjaValue, what: string): string {
  const text = contentOf(value, 'StringValue');
  if (text === undefined) throw new TypeError(`${what} takes a string, not ${typeName(value)}`);
  return text;
}

/** The items of a list or tuple, the keys of a mapping, the characters of a string; undefined has none. @throws TypeError for others */
export function itemsOf(value: JinjaValue): readonly JinjaValue[] {
  if (value.type === 'UndefinedValue') return [];
  const list = contentOf(value, 'ArrayValue') ?? contentOf(value, 'TupleValue');
  if (list !== undefined) return list;
  const mapping = contentOf(value, 'ObjectValue');
  if (mapping !== undefined) return Array.from(mapping.keys(), toJinja);
  const text = contentOf(value, 'StringValue');
  if (text !== undefined) return Array.from(text, toJinja);
  throw new TypeError(`${typeName(value)} cannot be iterated over`);
}

/** A JSON value, or a function, for a template. */
export function toJinja(value: unknown): JinjaValue {
  return new Environment().set('value', value);
}

/** A list of values. */
export function toJinjaList(items: readonly JinjaValue[]): JinjaValue {
  const list = toJinja([]);
  (list.value as JinjaValue[]).push(...items);
  return list;
}

/** A mapping of values. */
export function toJinjaMapping(entries: Iterable<readonly [string, JinjaValue]>): JinjaValue {
  const mapping = toJinja({});
  for (const [key, value] of entries) (mapping.value as Map<string, JinjaValue>).set(key, value);
  return mapping;
}

/** Python's `a == b`. */
export function equals(a: JinjaValue, b: JinjaValue): boolean {
  const left = numberOf(a);
  const right = numberOf(b);
  if (left !== undefined || right !== undefined) return left === right;
  if (a.type !== b.type) return false;
  const items = contentOf(a, 'ArrayValue') ?? contentOf(a, 'TupleValue');
  if (items !== undefined) {
    const others = b.value as readonly JinjaValue[];
    return items.length === others.length && items.every((item, i) => equals(item, others[i] ?? item));
  }
  const mapping = contentOf(a, 'ObjectValue');
  if (mapping === undefined) return a.value === b.value;
  const other = b.value as ReadonlyMap<string, JinjaValue>;
  return mapping.size === other.size && [...mapping].every(([key, value]) => isEqualOrAbsent(value, other.get(key)));
}

function isEqualOrAbsent(value: JinjaValue, other: JinjaValue | undefined): boolean {
  return other !== undefined && equals(value, other);
}

/** A number, or a boolean as one; undefined for anything else. */
export function numberOf(value: JinjaValue): number | undefined {
  const truth = contentOf(value, 'BooleanValue');
  return truth === undefined ? (contentOf(value, 'IntegerValue') ?? contentOf(value, 'FloatValue')) : Number(truth);
}

/** Python's `str(value)`; undefined is empty, as Jinja's is. */
export function toText(value: JinjaValue): string {
  return contentOf(value, 'StringValue') ?? repr(value);
}

function repr(value: JinjaValue): string {
  const text = contentOf(value, 'StringValue');
  if (text !== undefined) return stringRepr(text);
  const float = contentOf(value, 'FloatValue');
  if (float !== undefined) return floatRepr(float);
  const truth = contentOf(value, 'BooleanValue');
  if (truth !== undefined) return truth ? 'True' : 'False';
  const tuple = contentOf(value, 'TupleValue')?.map(repr);
  if (tuple !== undefined) return `(${tuple.join(', ')}${tuple.length === 1 ? ',' : ''})`;
  const list = contentOf(value, 'ArrayValue');
  if (list !== undefined) return `[${list.map(repr).join(', ')}]`;
  const mapping = contentOf(value, 'ObjectValue');
  if (mapping !== undefined)
    return `{${Array.from(mapping, ([key, item]) => `${stringRepr(key)}: ${repr(item)}`).join(', ')}}`;
  if (value.type === 'NullValue') return 'None';
  return value.type === 'UndefinedValue' ? '' : value.toString();
}

/** What Python calls a value's type, for messages. */
export function typeName(value: JinjaValue): string {
  const names: Readonly<Record<string, string>> = {
    StringValue: 'a string',
    IntegerValue: 'an integer',
    FloatValue: 'a float',
    BooleanValue: 'a boolean',
    ArrayValue: 'a list',
    TupleValue: 'a tuple',
    ObjectValue: 'a mapping',
    FunctionValue: 'a function',
    NullValue: 'none',
    UndefinedValue: 'undefined',
  };
  return names[value.type] ?? value.type;
}
