import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import { RlvrError } from '../errors.ts';
import { matrixCells } from './matrix.ts';
import type { MatrixCell } from './matrix.ts';
import { applyOverrides } from './overrides.ts';
import { checkExperiment } from './parse.ts';
import { problemsOfMany } from './problemsOfMany.ts';
import type { FailedExperiment } from './problemsOfMany.ts';
import { readYaml } from './readYaml.ts';
import { resolveExperiment } from './resolve.ts';
import type { ResolvedExperiment } from './resolve.ts';

/** One run of a sweep. */
export interface SweepCell {
  /** Place in the sweep, from 1. */
  readonly index: number;
  /** What the cell's run is called: the sweep's name and the cell's values. */
  readonly name: string;
  /** Values of the varied keys, by dotted path. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly resolved: ResolvedExperiment;
}

/** An experiment file: one experiment, or the cells of a sweep. */
export type ExperimentFile =
  | { readonly kind: 'experiment'; readonly resolved: ResolvedExperiment }
  | { readonly kind: 'sweep'; readonly name: string; readonly cells: readonly SweepCell[] };

const longestName = 64;

/**
 * Reads an experiment file with or without a `matrix`, applies `--set` overrides, checks every cell and fills in all defaults. Throws
 * `config/...` errors that list what is wrong in any cell, once, with its place in the file.
 */
export function readExperimentFile(
  text: string,
  file: string,
  overrides: readonly string[],
  catalog: PluginCatalog,
): ExperimentFile {
  const yaml = applyOverrides(readYaml(text, file), overrides);
  const cells = matrixCells(yaml, file);
  if (cells === undefined) {
    return { kind: 'experiment', resolved: resolveExperiment(checkExperiment(yaml, file), catalog) };
  }
  const resolved = resolveCells(cells, file, catalog);
  const name = resolved[0]?.experiment.name ?? '';
  const names = cellNames(name, cells);
  return {
    kind: 'sweep',
    name,
    cells: resolved.map((cell, i) => ({
      index: i + 1,
      name: names[i] ?? name,
      values: cells[i]?.values ?? {},
      resolved: { ...cell, experiment: { ...cell.experiment, name: names[i] ?? name } },
    })),
  };
}

/** A cell's values as people read them: `adapter.r=4, learning_rate=0.0001`. */
export function describeCell(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

function resolveCells(
  cells: readonly MatrixCell[],
  file: string,
  catalog: PluginCatalog,
): readonly ResolvedExperiment[] {
  const resolved: ResolvedExperiment[] = [];
  const failed: FailedExperiment[] = [];
  for (const { yaml, values } of cells) {
    try {
      resolved.push(resolveExperiment(checkExperiment(yaml, file), catalog));
    } catch (error) {
      if (!(error instanceof RlvrError)) throw error;
      failed.push({ label: describeCell(values), error });
    }
  }
  if (failed.length === 0) return resolved;
  throw problemsOfMany(file, failed, { count: cells.length, every: 'every cell', one: 'the cell' });
}

/** Names of the cells' runs; numbered where their values make no short, different names. */
function cellNames(base: string, cells: readonly MatrixCell[]): readonly string[] {
  const named = cells.map(({ values }) =>
    [base, ...Object.entries(values).map(([key, value]) => cellLabel(key, value))].join('-'),
  );
  const isFit = new Set(named).size === named.length && named.every((name) => name.length <= longestName);
  const digits = String(cells.length).length;
  return isFit
    ? named
    : cells.map((_, i) => {
        const number = `-${String(i + 1).padStart(digits, '0')}`;
        return base.slice(0, longestName - number.length) + number;
      });
}

/** A value as a part of a name: `r4`, `learning_rate1e-4`; of text and plugins the text alone; of a list how many entries it has. */
function cellLabel(key: string, value: unknown): string {
  const last = key.slice(key.lastIndexOf('.') + 1);
  if (typeof value === 'number') {
    const isTiny = value !== 0 && Math.abs(value) < 1e-3;
    return last + (isTiny ? value.toExponential() : String(value)).replace('+', '');
  }
  if (typeof value === 'boolean') return `${last}-${value}`;
  const type = typeof value === 'string' ? value : (value as { type?: unknown } | undefined)?.type;
  if (typeof type === 'string') return type.replaceAll(/[^a-z0-9._-]+/gi, '_');
  return Array.isArray(value) ? `${last}${value.length}` : last;
}
