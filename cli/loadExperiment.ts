import path from 'node:path';
import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import { didYouMean } from '../core/didYouMean.ts';
import { RlvrError } from '../core/errors.ts';
import type { ResolvedExperiment } from '../core/experiment/resolve.ts';
import { describeCell, readExperimentFile } from '../core/experiment/sweep.ts';
import type { ExperimentFile, SweepCell } from '../core/experiment/sweep.ts';
import { readTextFile } from '../core/runs/jsonFile.ts';
import type { RunCell, RunRecord } from '../core/runs/runRecord.ts';
import { errnoOf } from '../core/runs/writing.ts';

const largestFile = 16 * 1024 * 1024;

/** An experiment file, read, checked and resolved, and where it lies. */
export interface LoadedFile {
  readonly content: ExperimentFile;
  readonly source: RunRecord['source'];
}

/** One experiment to run: the only one of its file, or a cell of a sweep. */
export interface ChosenExperiment {
  readonly resolved: ResolvedExperiment;
  readonly cell?: RunCell;
}

/**
 * Reads an experiment file, applies overrides, checks it, with every cell of a sweep, and fills in its defaults. Throws
 * `config/unreadable` and other `config/...` errors.
 */
export function loadExperimentFile(
  cwd: string,
  file: string,
  overrides: readonly string[],
  catalog: PluginCatalog,
): LoadedFile {
  const absolute = path.resolve(cwd, file);
  return {
    content: readExperimentFile(readExperimentText(absolute, file), file, overrides, catalog),
    source: { file: absolute, folder: path.dirname(absolute) },
  };
}

/**
 * The experiments of a file: one, or the cells of a sweep, or of them the one that is named by its number or name. Throws `usage` for a
 * cell that is not there.
 */
export function chooseExperiments(
  content: ExperimentFile,
  file: string,
  cell: string | undefined,
): readonly ChosenExperiment[] {
  if (content.kind === 'experiment') {
    if (cell === undefined) return [content];
    throw new RlvrError('usage', `${file} has no matrix, so it has no cells to choose from.`, { file, cell });
  }
  const { cells, name: sweep } = content;
  const chosen =
    cell === undefined ? cells : cells.filter(({ index, name }) => cell === String(index) || cell === name);
  if (chosen.length === 0) throw noSuchCell(cells, file, cell ?? '');
  return chosen.map(({ index, values, resolved }) => ({ resolved, cell: { sweep, index, of: cells.length, values } }));
}

function noSuchCell(cells: readonly SweepCell[], file: string, cell: string): RlvrError {
  const names = cells.map(({ name }) => name);
  const list = cells.slice(0, 10).map(({ index, name, values }) => `\n  ${index}  ${name}  ${describeCell(values)}`);
  const rest = cells.length > 10 ? '\n  ...' : '';
  const message = `${file} has no cell "${cell}".${didYouMean(cell, names)} There are ${cells.length}:${list.join('')}${rest}`;
  return new RlvrError('usage', message, { file, cell, choices: names });
}

/** The text of an experiment or study file; `file` is how the user named it. Throws `config/unreadable`. */
export function readExperimentText(absolute: string, file: string): string {
  try {
    return readTextFile(absolute, largestFile);
  } catch (error) {
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'there is no such file',
      EISDIR: 'it is a folder',
      EACCES: 'permission denied',
      ENOTDIR: 'a part of its path is a file',
    };
    const code = errnoOf(error) ?? '';
    if (error instanceof RlvrError) throw new RlvrError('config/unreadable', error.message, { file }, { cause: error });
    const message = `Cannot read the experiment ${file}: ${reasons[code] ?? String(error)}.`;
    throw new RlvrError('config/unreadable', message, { file, errno: code }, { cause: error });
  }
}
