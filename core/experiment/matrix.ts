import { z } from 'zod';
import type { RlvrError } from '../errors.ts';
import { experimentError, explainIssues } from './issues.ts';
import type { ExperimentIssue } from './issues.ts';
import { locateIn, parsePath, withValue } from './overrides.ts';
import { locationKey } from './readYaml.ts';
import type { YamlData } from './readYaml.ts';
import { forbiddenKeys, valueAt } from './source.ts';
import type { Location, PathPart } from './source.ts';

/** The key of an experiment file under which the axes of a sweep stand. */
export const matrixKey = 'matrix';

/** More cells than anybody runs one after another. */
const mostCells = 1000;

/** The axes of a sweep: each a dotted path to a key of the experiment, and the values that it takes. */
export const matrixSchema = z
  .record(z.string(), z.array(z.unknown()).min(1))
  .describe(
    'A sweep: for each of these keys, such as adapter.r, the values that it takes; every combination of them is a run of its own',
  );

/** One combination of the axes' values. */
export interface MatrixCell {
  /** By dotted path, in the order of the file. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The experiment of this cell, without the matrix. */
  readonly yaml: YamlData;
}

interface Axis {
  readonly name: string;
  readonly path: readonly string[];
  readonly values: readonly unknown[];
}

/**
 * The cells of an experiment that has a `matrix`, the last axis changing fastest; undefined where it has none. The cells are not checked
 * yet. A value's place is where it stands in the matrix. Throws `config/invalid`.
 */
export function matrixCells(yaml: YamlData, file: string): readonly MatrixCell[] | undefined {
  const matrix = valueAt(yaml.data, [matrixKey]);
  if (typeof yaml.data !== 'object' || yaml.data === null || !(matrixKey in yaml.data)) return undefined;
  const refuse = (path: readonly PathPart[], message: string): RlvrError =>
    matrixError(yaml, file, [{ code: 'config/invalid', path: [matrixKey, ...path], message }]);
  const parsed = matrixSchema.safeParse(matrix);
  if (!parsed.success) {
    throw matrixError(yaml, file, explainIssues(parsed.error, { schema: matrixSchema, data: matrix }, [matrixKey]));
  }
  const axes = Object.entries(parsed.data).map(([name, values]) => readAxis(name, values, refuse));
  checkAxes(axes, yaml, refuse);
  const { [matrixKey]: _matrix, ...base } = yaml.data as Record<string, unknown>;
  return combinations(axes.map(({ values }) => values.length)).map((choice) => {
    const chosen = axes.map((axis, i) => ({ ...axis, at: choice[i] ?? 0, value: axis.values[choice[i] ?? 0] }));
    let data: unknown = base;
    for (const { name, path, value } of chosen) data = withValue(data, path, value, (reason) => refuse([name], reason));
    return {
      values: Object.fromEntries(chosen.map(({ name, value }) => [name, value])),
      yaml: { data, locations: placesOf(chosen, yaml) },
    };
  });
}

function readAxis(
  name: string,
  values: readonly unknown[],
  refuse: (path: readonly PathPart[], message: string) => RlvrError,
): Axis {
  const path = parsePath(name);
  if (path === undefined) throw refuse([name], 'expected the path of a key, for example adapter.r or learning_rate');
  const forbidden = path.find((part) => forbiddenKeys.has(part));
  if (forbidden !== undefined) throw refuse([name], `the key "${forbidden}" is not allowed`);
  if (path[0] === 'name' || path[0] === matrixKey) throw refuse([name], `"${path[0]}" cannot be varied`);
  const written = values.map((value) => JSON.stringify(value));
  const twice = written.findIndex((value, i) => written.indexOf(value) < i);
  if (twice >= 0) throw refuse([name, twice], `${written[twice] ?? 'nothing'} stands in the list already`);
  const empty = written.findIndex((value) => (value as string | undefined) === undefined);
  if (empty >= 0) throw refuse([name, empty], 'there is no value');
  return { name: name.trim(), path, values };
}

function checkAxes(
  axes: readonly Axis[],
  { locations }: YamlData,
  refuse: (path: readonly PathPart[], message: string) => RlvrError,
): void {
  if (axes.length === 0) throw refuse([], 'expected at least one key with the values that it takes');
  const holds = (outer: Axis, inner: Axis): boolean => outer.path.every((part, i) => inner.path[i] === part);
  for (const inner of axes) {
    const outer = axes.find((other) => other !== inner && holds(other, inner));
    if (outer !== undefined) throw refuse([inner.name], `"${outer.name}" is varied too, and holds it`);
    // A value that was set by hand and then replaced by the matrix would be a surprise.
    const place = [...locations].find(([key, { kind }]) => {
      const path = JSON.parse(key) as string[];
      return kind === 'override' && path[0] !== matrixKey && inner.path.every((part, i) => path[i] === part);
    })?.[1];
    if (place?.kind === 'override')
      throw refuse([inner.name], `the matrix varies this key, so ${place.text} has no effect`);
  }
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > mostCells) throw refuse([], `these are ${count} combinations; at most ${mostCells} are run`);
}

/** All choices of one index per axis, the last changing fastest. */
function combinations(lengths: readonly number[]): readonly (readonly number[])[] {
  return lengths.reduce<number[][]>(
    (found, length) => found.flatMap((choice) => Array.from({ length }, (_, i) => [...choice, i])),
    [[]],
  );
}

/** Places of a cell's values: those of the base, and of what the matrix puts there, where it stands in the matrix. */
function placesOf(
  chosen: readonly { readonly name: string; readonly path: readonly string[]; readonly at: number }[],
  { locations }: YamlData,
): ReadonlyMap<string, Location> {
  const places = new Map(locations);
  for (const { name, path, at } of chosen) {
    for (const [key, place] of locations) {
      const [first, axis, index, ...inside] = JSON.parse(key) as string[];
      if (first !== matrixKey || axis !== name || index !== String(at)) continue;
      places.set(locationKey([...path, ...inside]), place);
      // What holds the key and is written nowhere else is there because of the matrix.
      path.forEach((_, length) => {
        const around = locationKey(path.slice(0, length));
        if (length > 0 && !places.has(around)) places.set(around, place);
      });
    }
  }
  return places;
}

function matrixError({ locations }: YamlData, file: string, issues: readonly ExperimentIssue[]): RlvrError {
  return experimentError(file, issues, (path) => locateIn(locations, path));
}
