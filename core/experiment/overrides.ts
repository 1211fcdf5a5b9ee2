import { RlvrError } from '../errors.ts';
import { locationKey, readYaml } from './readYaml.ts';
import type { YamlData } from './readYaml.ts';
import { forbiddenKeys, valueAt } from './source.ts';
import type { Location, PathPart } from './source.ts';

/**
 * Applies `--set path=value` in order. The path's parts are joined by dots, list entries are numbers from 0 (`rewards.0.weight`; the
 * number after the last adds one); the value is YAML (`8`, `false`, `[q_proj, v_proj]`, `{type: dora, r: 8}`). Returns new data. Throws
 * `config/invalid`.
 */
export function applyOverrides({ data, locations }: YamlData, overrides: readonly string[]): YamlData {
  let changed = data;
  const places = new Map(locations);
  for (const text of overrides) {
    const { path, value } = parseOverride(text);
    changed = withValue(changed, path, value, (reason) => refuse(text, reason));
    for (let length = 1; length <= path.length; length++) {
      const key = locationKey(path.slice(0, length));
      if (length === path.length || !places.has(key)) places.set(key, { kind: 'override', text: `--set ${text}` });
    }
  }
  return { data: changed, locations: places };
}

/** The parts of a dotted path (`rewards.0.weight`), undefined for text that is none. */
export function parsePath(text: string): readonly string[] | undefined {
  const path = text.trim().split('.');
  return path.every((part) => /^[\w-]+$/.test(part)) ? path : undefined;
}

function parseOverride(text: string): { path: readonly string[]; value: unknown } {
  const equals = text.indexOf('=');
  const path = equals < 0 ? undefined : parsePath(text.slice(0, equals));
  if (path === undefined) throw refuse(text, 'expected path=value, for example adapter.r=8 or rewards.0.weight=0.5');
  const forbidden = path.find((part) => forbiddenKeys.has(part));
  if (forbidden !== undefined) throw refuse(text, `the key "${forbidden}" is not allowed`);
  const written = text.slice(equals + 1);
  if (written.trim() === '') throw refuse(text, 'there is no value after "="');
  return { path, value: readYaml(written, `--set ${text}`).data };
}

/**
 * Data with the value at a path; what is not there on the way is made, a list where its first entry is meant. Returns new data. Throws what
 * `refusal` makes of the reason where the path leads into a plain value or beyond a list's end.
 */
export function withValue(
  around: unknown,
  path: readonly string[],
  value: unknown,
  refusal: (reason: string) => Error,
  done: readonly string[] = [],
): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  const set = (inside: unknown): unknown => withValue(inside, rest, value, refusal, [...done, part]);
  if (Array.isArray(around)) {
    const list: readonly unknown[] = around;
    const index = Number(part);
    if (!/^\d{1,6}$/.test(part) || index > list.length) {
      const expected = `expected a number from 0 to ${list.length}, got "${part}"`;
      throw refusal(`"${done.join('.')}" is a list of ${list.length}: ${expected}`);
    }
    const changed = [...list];
    changed[index] = set(list[index]);
    return changed;
  }
  if (around === undefined && part === '0') return [set(undefined)];
  if (around !== undefined && (typeof around !== 'object' || around === null)) {
    throw refusal(`"${done.join('.')}" has a value and no keys`);
  }
  const before = valueAt(around, [part]);
  return { ...around, [part]: set(before) };
}

function refuse(text: string, reason: string): RlvrError {
  const place = `--set ${text}`;
  return new RlvrError('config/invalid', `${place}: ${reason}.`, {
    issues: [{ code: 'config/invalid', path: '', place, message: reason }],
  });
}

/** The place of the value at a path, else of the nearest one around it. */
export function locateIn(locations: YamlData['locations'], path: readonly PathPart[]): Location {
  for (let length = path.length; length >= 0; length--) {
    const found = locations.get(locationKey(path.slice(0, length)));
    if (found !== undefined) return found;
  }
  return { kind: 'file', line: 1, column: 1 };
}
