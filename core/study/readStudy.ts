import { experimentError, explainIssues } from '../experiment/issues.ts';
import type { ExperimentIssue } from '../experiment/issues.ts';
import { applyOverrides, locateIn, parsePath, withValue } from '../experiment/overrides.ts';
import { locationKey, readYaml } from '../experiment/readYaml.ts';
import type { YamlData } from '../experiment/readYaml.ts';
import { valueAt } from '../experiment/source.ts';
import type { PathPart } from '../experiment/source.ts';
import type { RlvrError } from '../errors.ts';
import { studySchema } from './studySchema.ts';
import type { StudyDefinition } from './studySchema.ts';

/** A study file whose own keys are checked; the experiments that it stands for are not yet (`expandStudy`). */
export interface ParsedStudy {
  readonly definition: StudyDefinition;
  /** As the user named it. */
  readonly file: string;
  readonly yaml: YamlData;
  /** What all trials share: of the study itself, or of the experiment file that it names. */
  readonly base: YamlData;
  /** The error that lists what is wrong at places of the study. */
  refuse(issues: readonly StudyIssue[]): RlvrError;
}

/** One thing wrong with a study, at a path of its file. */
export interface StudyIssue {
  readonly path: readonly PathPart[];
  readonly message: string;
}

/** How a study is read. */
export interface ReadStudyOptions {
  /** Settings of the study as `path=value`. */
  readonly set?: readonly string[];
  /** Whether the settings under `quick` are put in. */
  readonly isQuick?: boolean;
  /** The text of the experiment file that the study names. */
  readExperiment(file: string): string;
}

/**
 * Reads a study file's text and checks all keys that are the study's own. Throws `config/...` errors that list every problem with file,
 * line and column.
 */
export function readStudy(text: string, file: string, options: ReadStudyOptions): ParsedStudy {
  const written = applyOverrides(readYaml(text, file), options.set ?? []);
  const yaml = options.isQuick === true ? withQuick(written, file) : written;
  const refuseAt = (issues: readonly ExperimentIssue[]): RlvrError =>
    experimentError(file, issues, (path) => locateIn(yaml.locations, path));
  const refuse = (issues: readonly StudyIssue[]): RlvrError =>
    refuseAt(issues.map((issue) => ({ code: 'config/invalid', ...issue })));
  if (yaml.data === undefined) throw refuse([{ path: [], message: 'the file is empty' }]);
  const parsed = studySchema.safeParse(yaml.data);
  if (!parsed.success)
    throw refuseAt(explainIssues(parsed.error, { schema: studySchema, data: yaml.data, whole: 'a study' }));
  const definition = parsed.data;
  const { experiment } = definition;
  const base = typeof experiment === 'string' ? namedExperiment(experiment, options) : part(yaml, ['experiment']);
  return { definition, file, yaml, base, refuse };
}

/** The values at and below a path, with their places. */
function part({ data, locations }: YamlData, path: readonly PathPart[]): YamlData {
  const places: YamlData['locations'] = new Map(
    [...locations].flatMap(([key, place]) => {
      const parts = JSON.parse(key) as string[];
      return path.every((each, i) => parts[i] === String(each))
        ? [[locationKey(parts.slice(path.length)), place] as const]
        : [];
    }),
  );
  return { data: valueAt(data, path), locations: places };
}

function namedExperiment(file: string, { readExperiment }: ReadStudyOptions): YamlData {
  const { data, locations } = readYaml(readExperiment(file), file);
  const places = [...locations].map(
    ([key, place]) => [key, place.kind === 'file' ? { ...place, file } : place] as const,
  );
  return { data, locations: new Map(places) };
}

/** The study with the settings under `quick` in their places. */
function withQuick(yaml: YamlData, file: string): YamlData {
  const quick = valueAt(yaml.data, ['quick']);
  if (typeof quick !== 'object' || quick === null) {
    const message = 'is missing; expected the settings of the quick version, by dotted path';
    throw experimentError(file, [{ code: 'config/invalid', path: ['quick'], message }], (path) =>
      locateIn(yaml.locations, path),
    );
  }
  let { data } = yaml;
  const locations = new Map(yaml.locations);
  for (const [key, value] of Object.entries(quick)) {
    const refuse = (message: string): RlvrError =>
      experimentError(file, [{ code: 'config/invalid', path: ['quick', key], message }], (path) =>
        locateIn(yaml.locations, path),
      );
    const path = parsePath(key);
    if (path === undefined) throw refuse('expected the path of a key, for example tuning.steps');
    data = withValue(data, path, value, refuse);
    const place = locateIn(yaml.locations, ['quick', key]);
    path.forEach((_, length) => {
      const around = locationKey(path.slice(0, length + 1));
      if (length + 1 === path.length || !locations.has(around)) locations.set(around, place);
    });
  }
  return { data, locations };
}
