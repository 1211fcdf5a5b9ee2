import { experimentError, explainIssues } from './issues.ts';
import { applyOverrides, locateIn } from './overrides.ts';
import { readYaml } from './readYaml.ts';
import type { YamlData } from './readYaml.ts';
import { experimentSchema } from './schema.ts';
import type { Experiment } from './schema.ts';
import type { Location, PathPart } from './source.ts';

/** An experiment whose own keys are checked; those of plugins are not yet (`resolveExperiment`). */
export interface ParsedExperiment {
  readonly experiment: Experiment;
  /** As the user named it. */
  readonly file: string;
  /** What was written, before defaults. */
  readonly written: unknown;
  /** Where the value at a path was written; for one that was not, where the nearest around it was. */
  locate(path: readonly PathPart[]): Location;
}

/**
 * Reads an experiment file's text, applies `--set` overrides and checks all keys that are not a plugin's. Throws `config/invalid` or
 * `config/unknown-key`, which list every problem with file, line and column.
 */
export function parseExperiment(text: string, file: string, overrides: readonly string[] = []): ParsedExperiment {
  return checkExperiment(applyOverrides(readYaml(text, file), overrides), file);
}

/** The same for an experiment whose YAML has been read. */
export function checkExperiment({ data, locations }: YamlData, file: string): ParsedExperiment {
  const locate = (path: readonly PathPart[]): Location => locateIn(locations, path);
  if (data === undefined) {
    throw experimentError(
      file,
      [{ code: 'config/invalid', path: [], message: 'the file is empty; `rlvr init` writes an example' }],
      locate,
    );
  }
  const parsed = experimentSchema.safeParse(data);
  if (parsed.success) return { experiment: parsed.data, file, written: data, locate };
  throw experimentError(file, explainIssues(parsed.error, { schema: experimentSchema, data }), locate);
}
