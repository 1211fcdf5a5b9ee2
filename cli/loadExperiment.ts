import path from 'node:path';
import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../core/errors.ts';
import { parseExperiment } from '../core/experiment/parse.ts';
import { resolveExperiment } from '../core/experiment/resolve.ts';
import type { ResolvedExperiment } from '../core/experiment/resolve.ts';
import { readTextFile } from '../core/runs/jsonFile.ts';
import type { RunRecord } from '../core/runs/runRecord.ts';
import { errnoOf } from '../core/runs/writing.ts';

const largestFile = 16 * 1024 * 1024;

/** An experiment file, read and resolved. */
export interface LoadedExperiment {
  readonly resolved: ResolvedExperiment;
  readonly source: RunRecord['source'];
}

/**
 * Reads an experiment file, applies overrides, checks it and fills in its defaults. Throws `config/unreadable` and
 * other `config/...` errors.
 */
export function loadExperiment(
  cwd: string,
  file: string,
  overrides: readonly string[],
  catalog: PluginCatalog,
): LoadedExperiment {
  const absolute = path.resolve(cwd, file);
  const parsed = parseExperiment(readExperimentFile(absolute, file), file, overrides);
  return {
    resolved: resolveExperiment(parsed, catalog),
    source: { file: absolute, folder: path.dirname(absolute) },
  };
}

function readExperimentFile(absolute: string, file: string): string {
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
