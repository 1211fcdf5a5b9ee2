import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import { RlvrError } from '../errors.ts';
import { locateIn, withValue } from '../experiment/overrides.ts';
import { checkExperiment } from '../experiment/parse.ts';
import { locationKey } from '../experiment/readYaml.ts';
import type { YamlData } from '../experiment/readYaml.ts';
import { resolveExperiment } from '../experiment/resolve.ts';
import type { Experiment } from '../experiment/schema.ts';
import { formatLocation, formatPath } from '../experiment/source.ts';
import type { PathPart } from '../experiment/source.ts';

/** A value that a study puts into the experiment that its trials share. */
export interface Layer {
  /** Where it goes. */
  readonly path: readonly string[];
  readonly value: unknown;
  /** Where it is written in the study. */
  readonly from: readonly PathPart[];
}

/** What experiments of a study are made of. */
export interface Composition {
  readonly base: YamlData;
  readonly study: YamlData;
  /** The study file, as the user named it. */
  readonly file: string;
  readonly catalog: PluginCatalog;
}

/**
 * The base with the layers put in, one after the other, checked and with all defaults. Throws `config/...` errors with places in the
 * study.
 */
export function composeExperiment({ base, study, file, catalog }: Composition, layers: readonly Layer[]): Experiment {
  let data = base.data;
  for (const { path, value, from } of layers) {
    data = withValue(data, path, value, (message) => {
      const place = formatLocation(file, locateIn(study.locations, from));
      const issues = [{ code: 'config/invalid', path: formatPath(from), place, message }];
      return new RlvrError('config/invalid', `${place}: ${formatPath(from)}: ${message}`, { file, issues });
    });
  }
  try {
    return resolveExperiment(checkExperiment({ data, locations: new Map() }, file), catalog).experiment;
  } catch (error) {
    if (!(error instanceof RlvrError)) throw error;
    // Places are wanted for people alone, and there are many experiments.
    const locations = placesOf(base, study, layers);
    return resolveExperiment(checkExperiment({ data, locations }, file), catalog).experiment;
  }
}

function placesOf(base: YamlData, study: YamlData, layers: readonly Layer[]): YamlData['locations'] {
  const places = new Map(base.locations);
  const written = [...study.locations].map(([key, place]) => ({ path: JSON.parse(key) as string[], place }));
  for (const { path, from } of layers) {
    const inside = written.filter(({ path: at }) => from.every((part, i) => at[i] === String(part)));
    for (const { path: at, place } of inside) places.set(locationKey([...path, ...at.slice(from.length)]), place);
    const own = locateIn(study.locations, from);
    if (inside.length === 0) places.set(locationKey(path), own);
    path.forEach((_, length) => {
      const around = locationKey(path.slice(0, length));
      if (!places.has(around)) places.set(around, own);
    });
  }
  return places;
}
