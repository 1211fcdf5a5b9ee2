import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import { schemaKeys } from '../experiment/schemaKeys.ts';
import type { PathPart } from '../experiment/source.ts';
import type { Layer } from './composeExperiment.ts';
import type { StudyMethod, StudyModel } from './studyMethods.ts';
import type { PartDefinition, StudyDefinition } from './studySchema.ts';

/** Settings by dotted path. */
export function overrideLayers(
  around: readonly PathPart[],
  overrides: Readonly<Record<string, unknown>>,
): readonly Layer[] {
  return Object.entries(overrides).map(([key, value]) => ({
    path: key.split('.'),
    value,
    from: [...around, 'overrides', key],
  }));
}

/** A model's folder and settings. */
export function modelLayers({ name, path, overrides }: StudyModel): readonly Layer[] {
  if (path === undefined) return [];
  const from = ['models', name];
  return [{ path: ['model', 'path'], value: path, from }, ...overrideLayers(from, overrides)];
}

/** What a task says of data, rewards and evaluation. */
export function taskLayers({ tasks }: StudyDefinition, name: string): readonly Layer[] {
  const task = tasks?.[name];
  if (task === undefined) return [];
  const from = ['tasks', name];
  const sections = (['data', 'evaluation'] as const).flatMap((section) =>
    Object.entries(task[section] ?? {}).map(([key, value]): Layer => ({
      path: [section, key],
      value,
      from: [...from, section, key],
    })),
  );
  const rewards: readonly Layer[] =
    task.rewards === undefined ? [] : [{ path: ['rewards'], value: task.rewards, from: [...from, 'rewards'] }];
  return [...sections, ...rewards, ...overrideLayers(from, task.overrides)];
}

/** A method's adapter, with the study's target modules where it takes some and names none, its optimizer and settings. */
export function methodLayers(
  { targets }: StudyDefinition,
  { adapter, adapterPath, optimizer, path, overrides }: StudyMethod,
  catalog: PluginCatalog,
): readonly Layer[] {
  const plugin = catalog.all('adapter').find(({ id }) => id === adapter.type);
  const takesTargets =
    targets !== undefined &&
    plugin !== undefined &&
    !('target_modules' in adapter) &&
    (schemaKeys(plugin.config, [], {}) ?? []).includes('target_modules');
  return [
    { path: ['adapter'], value: adapter, from: adapterPath },
    ...(takesTargets ? [{ path: ['adapter', 'target_modules'], value: targets, from: ['targets'] }] : []),
    ...(optimizer === undefined ? [] : [{ path: ['optimizer'], value: optimizer, from: [...path, 'optimizer'] }]),
    ...overrideLayers(path, overrides),
  ];
}

/** The combinations of the axes' values that apply to a method, the last axis changing fastest; one without values where none do. */
export function axisCombinations(
  part: PartDefinition | undefined,
  method: string,
): readonly Readonly<Record<string, unknown>>[] {
  let combinations: Readonly<Record<string, unknown>>[] = [{}];
  for (const [key, axis] of Object.entries(part?.axes ?? {})) {
    const [values, methods] = Array.isArray(axis)
      ? [axis as readonly unknown[], undefined]
      : [axis.values, axis.methods];
    if (methods !== undefined && !methods.includes(method)) continue;
    combinations = combinations.flatMap((before) => values.map((value) => ({ ...before, [key]: value })));
  }
  return combinations;
}

/** The values that a part's axes have in a setting. */
export function axesLayers(
  name: string,
  part: PartDefinition,
  axes: Readonly<Record<string, unknown>>,
): readonly Layer[] {
  return Object.entries(axes).map(([key, value]): Layer => {
    const axis = part.axes[key] ?? [];
    const inside = Array.isArray(axis) ? [] : ['values'];
    const values: readonly unknown[] = Array.isArray(axis) ? axis : axis.values;
    return { path: key.split('.'), value, from: ['parts', name, 'axes', key, ...inside, values.indexOf(value)] };
  });
}
