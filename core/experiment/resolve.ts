import type { Objective } from '../contracts/objective.ts';
import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import type { PluginDescription } from '../contracts/plugin.ts';
import { RlvrError } from '../errors.ts';
import { crossCheck } from './crossChecks.ts';
import { experimentError, explainIssues, unknownKeyIssue } from './issues.ts';
import type { ExperimentIssue } from './issues.ts';
import type { ParsedExperiment } from './parse.ts';
import { chosenPlugin, choiceSites, keysBesidePlugin, pluginKeys } from './pluginChoices.ts';
import type { ChoiceSite } from './pluginChoices.ts';
import { schemaKeys } from './schemaKeys.ts';
import type { Experiment } from './schema.ts';
import { formatPath, valueAt } from './source.ts';
import type { PathPart } from './source.ts';

/** An experiment with every default filled in, also those of its plugins. */
export interface ResolvedExperiment {
  readonly experiment: Experiment;
  /** Whether the value at this path of `experiment` was not written by the user. */
  isDefault(path: readonly PathPart[]): boolean;
}

/**
 * Checks each plugin's keys against the plugin's schema, fills in their defaults, replaces other spellings (`rank`) by the plugin's own
 * (`r`), takes the optimizer that belongs to the method where it has one, and checks what must fit together. Throws
 * `config/unknown-plugin`, `config/unknown-key` or `config/invalid`, listing every problem.
 */
export function resolveExperiment(parsed: ParsedExperiment, catalog: PluginCatalog): ResolvedExperiment {
  const aliased = new Map<string, PathPart[]>();
  const { optimizer, issues: refused } = optimizerOfMethod(parsed, catalog);
  const issues: ExperimentIssue[] = [...refused];
  const chosen = { ...parsed.experiment, optimizer };
  const experiment = structuredClone(chosen);
  for (const site of choiceSites(chosen)) {
    const resolved = resolveChoice(site, catalog);
    issues.push(...resolved.issues);
    for (const [key, alias] of resolved.spellings) aliased.set(formatPath([...site.path, key]), [...site.path, alias]);
    Object.assign(valueAt(experiment, site.path) as object, resolved.values);
    for (const [, alias] of resolved.spellings) Reflect.deleteProperty(valueAt(experiment, site.path) as object, alias);
  }
  const written = (path: readonly PathPart[]): readonly PathPart[] => aliased.get(formatPath(path)) ?? path;
  if (issues.length === 0) issues.push(...crossCheck(experiment, requirementsOf(experiment, catalog)));
  if (issues.length > 0) {
    const asWritten = issues.map((issue) => ({ ...issue, path: written(issue.path) }));
    throw experimentError(parsed.file, asWritten, (path) => parsed.locate(path));
  }
  return { experiment, isDefault: (path) => valueAt(parsed.written, written(path)) === undefined };
}

/** The experiment's optimizer: where the method has one of its own, that one; another one that was named is refused. */
function optimizerOfMethod(
  { experiment, written }: ParsedExperiment,
  catalog: PluginCatalog,
): { readonly optimizer: Experiment['optimizer']; readonly issues: readonly ExperimentIssue[] } {
  const { adapter, optimizer } = experiment;
  const own = catalog.all('adapter').find(({ id }) => id === adapter.type)?.optimizer;
  const path = ['optimizer', 'type'];
  const named = valueAt(written, path);
  if (own === undefined || named === own) return { optimizer, issues: [] };
  if (named === undefined) return { optimizer: { ...optimizer, type: own }, issues: [] };
  const message =
    `the method "${adapter.type}" is trained by the optimizer "${own}", which is a part of it, not by "${optimizer.type}"; ` +
    'leave the type out';
  return { optimizer, issues: [{ code: 'config/invalid', path, message }] };
}

interface ResolvedChoice {
  readonly values: Readonly<Record<string, unknown>>;
  /** The plugin's keys that were written by another name: [key, as written]. */
  readonly spellings: readonly (readonly [string, string])[];
  readonly issues: readonly ExperimentIssue[];
}

function resolveChoice({ kind, path, choice }: ChoiceSite, catalog: PluginCatalog): ResolvedChoice {
  const failed = (issues: readonly ExperimentIssue[]): ResolvedChoice => ({ values: {}, spellings: [], issues });
  let plugin: PluginDescription<unknown>;
  try {
    plugin = catalog.find(kind, choice.type);
  } catch (error) {
    if (!(error instanceof RlvrError)) throw error;
    return failed([{ code: error.code, path: [...path, 'type'], message: lowerFirst(error.message) }]);
  }
  const { data, spellings, issues } = replaceAliases(pluginKeys(kind, choice), plugin.aliases ?? {}, path);
  if (issues.length > 0) return failed(issues);
  const aliases = [...Object.keys(plugin.aliases ?? {}), ...keysBesidePlugin(kind)];
  const checked = { schema: plugin.config, data, aliases };
  const keys = schemaKeys(plugin.config, [], data);
  const unknown = keys === undefined ? [] : Object.keys(data).filter((key) => !keys.includes(key));
  if (unknown.length > 0) return failed(unknown.map((key) => unknownKeyIssue(key, [], checked, path)));
  const config = plugin.config.safeParse(data);
  if (config.success) return { values: config.data as Record<string, unknown>, spellings, issues: [] };
  return { ...failed(explainIssues(config.error, checked, path)), spellings };
}

function replaceAliases(
  written: Readonly<Record<string, unknown>>,
  aliases: Readonly<Record<string, string>>,
  path: readonly PathPart[],
): { data: Record<string, unknown>; spellings: [string, string][]; issues: ExperimentIssue[] } {
  const data: Record<string, unknown> = { ...written };
  const spellings: [string, string][] = [];
  const issues: ExperimentIssue[] = [];
  for (const alias of Object.keys(written)) {
    const key = Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
    if (key === undefined) continue;
    const other = Object.hasOwn(written, key) ? key : spellings.find(([name]) => name === key)?.[1];
    if (other !== undefined) {
      issues.push({
        code: 'config/invalid',
        path: [...path, alias],
        message: `"${alias}" and "${other}" are the same key; write one of them`,
      });
      continue;
    }
    data[key] = written[alias];
    Reflect.deleteProperty(data, alias);
    spellings.push([key, alias]);
  }
  return { data, spellings, issues };
}

function requirementsOf(experiment: Experiment, catalog: PluginCatalog): ReturnType<Objective['requirements']> {
  const { plugin, config } = chosenPlugin(catalog, 'objective', experiment.objective);
  return plugin.requirements(config);
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
