import { Composer, CST, isAlias, isMap, isScalar, isSeq, LineCounter, Parser } from 'yaml';
import type { Document, Node, Pair } from 'yaml';
import { RlvrError } from '../errors.ts';
import { forbiddenKeys, formatLocation } from './source.ts';
import type { Location, PathPart } from './source.ts';

/** What a file may hold at most: far beyond any experiment, far below what could hurt. */
const limits = { bytes: 256 * 1024, values: 20_000, depth: 32 };

/** Plain data with the place of each value. */
export interface YamlData {
  /** Objects, lists, strings, numbers, booleans; `undefined` for an empty value. */
  readonly data: unknown;
  /** Places by `locationKey` of the path. */
  readonly locations: ReadonlyMap<string, Location>;
}

/** The key under which `YamlData.locations` has a path. */
export function locationKey(path: readonly PathPart[]): string {
  return JSON.stringify(path.map(String));
}

/**
 * Reads one YAML 1.2 document. Refused as `config/invalid`, with file, line and column: syntax errors, duplicate keys, keys
 * that are no text or reach an object's prototype, tags, documents that are too large or too deep, aliases that expand to too
 * much or hold themselves.
 */
export function readYaml(text: string, file: string): YamlData {
  const lines = new LineCounter();
  const whole: Location = { kind: 'file', line: 1, column: 1 };
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.bytes) throw invalid(file, whole, `the file has ${bytes} bytes; at most ${limits.bytes} are read`);
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const tooDeep = tokenBelow(tokens, limits.depth);
  if (tooDeep !== undefined)
    throw invalid(file, at(lines, tooDeep.offset), `nested more than ${limits.depth} levels deep`);
  const [document, second] = new Composer({ uniqueKeys: true }).compose(tokens, true, text.length);
  if (document === undefined) return { data: undefined, locations: new Map() };
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw invalid(file, at(lines, problem.pos[0]), problem.message);
  if (second !== undefined)
    throw invalid(file, at(lines, second.range[0]), 'a second document begins here; one is read');
  const conversion: Conversion = { file, lines, document, locations: new Map(), values: 0 };
  return { data: convert(conversion, document.contents, []), locations: conversion.locations };
}

interface Conversion {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document;
  readonly locations: Map<string, Location>;
  values: number;
}

function convert(conversion: Conversion, node: Node | null, path: readonly PathPart[]): unknown {
  const { file, locations, document } = conversion;
  if (node === null) return undefined;
  const location = at(conversion.lines, node.range?.[0] ?? 0);
  conversion.values += 1;
  if (conversion.values > limits.values) {
    throw invalid(file, location, `more than ${limits.values} values in all, aliases expanded`);
  }
  if (path.length > limits.depth) throw invalid(file, location, `nested more than ${limits.depth} levels deep`);
  if (!locations.has(locationKey(path))) locations.set(locationKey(path), location);
  if (isAlias(node)) {
    const target = node.resolve(document);
    if (target === undefined) throw invalid(file, location, `there is no anchor "${node.source}" before this alias`);
    // An alias inside what it stands for ends at the depth limit.
    return convert(conversion, target, path);
  }
  if (isSeq<Node>(node)) return node.items.map((item, index) => convert(conversion, item, [...path, index]));
  if (isMap<Node, Node | null>(node)) return convertMap(conversion, node.items, path, location);
  return isScalar(node) ? plain(conversion, node.value, location) : undefined;
}

function convertMap(
  conversion: Conversion,
  items: readonly Pair<Node, Node | null>[],
  path: readonly PathPart[],
  around: Location,
): Record<string, unknown> {
  const { file, lines, locations } = conversion;
  const object: Record<string, unknown> = {};
  for (const { key: keyNode, value } of items) {
    const location = isScalar(keyNode) && keyNode.range ? at(lines, keyNode.range[0]) : around;
    const key = isScalar(keyNode) ? keyNode.value : undefined;
    if (typeof key !== 'string') throw invalid(file, location, 'a key must be plain text');
    if (forbiddenKeys.has(key)) throw invalid(file, location, `the key "${key}" is not allowed`);
    const inside = [...path, key];
    locations.set(locationKey(inside), location);
    object[key] = convert(conversion, value, inside);
  }
  return object;
}

function plain({ file }: Conversion, value: unknown, location: Location): unknown {
  if (value === null) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw invalid(file, location, 'expected text, a number, true or false');
}

/** The first token that lies more than `depth` collections deep. Not recursive: the composer is, and must not meet one. */
function tokenBelow(tokens: readonly CST.Token[], depth: number): CST.Token | undefined {
  const open = tokens.map((token) => ({ token, level: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, level } = next;
    if (level > depth) return token;
    if (token.type === 'document' && token.value !== undefined) open.push({ token: token.value, level });
    if (!CST.isCollection(token)) continue;
    const inside = token.items.flatMap(({ key, value }) => [key, value]);
    open.push(...inside.flatMap((child) => (child ? [{ token: child, level: level + 1 }] : [])));
  }
  return undefined;
}

function at(lines: LineCounter, offset: number): Location {
  const { line, col } = lines.linePos(offset);
  return { kind: 'file', line, column: col };
}

function invalid(file: string, location: Location, reason: string): RlvrError {
  const place = formatLocation(file, location);
  return new RlvrError('config/invalid', `${place}: ${reason}`, {
    file,
    issues: [{ path: '', place, message: reason }],
  });
}
