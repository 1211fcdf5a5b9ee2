import path from 'node:path';
import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import { chosenPlugin } from '../experiment/pluginChoices.ts';
import type { Experiment } from '../experiment/schema.ts';
import { describeCell } from '../experiment/sweep.ts';
import { valueAt } from '../experiment/source.ts';
import { readModelConfig } from '../model/modelConfig.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import { adapterTargets } from '../training/adapterTargets.ts';
import type { MethodDifference, StudyCell, StudyPart } from './expandedStudy.ts';
import type { ParsedStudy, StudyIssue } from './readStudy.ts';
import type { StudyDefinition } from './studySchema.ts';

/** Settings that say how much a method may learn from. */
const budgetKeys: readonly string[] = [
  'training.steps',
  'training.num_iterations',
  'training.steps_per_generation',
  'rollout.batch_size',
  'rollout.group_size',
  'rollout.max_completion_tokens',
];

/**
 * Where methods that are compared differ in what they train or in how much they learn from. Every such difference must be declared under
 * `differs`: throws `config/invalid` where one is not, saying which methods differ in what.
 */
export function differencesOf(
  { definition, refuse }: ParsedStudy,
  parts: readonly StudyPart[],
  studyFolder: string,
  catalog: PluginCatalog,
): readonly MethodDifference[] {
  const models = new Map<string, DecoderConfig>();
  const targetsOf = ({ experiment }: StudyCell): string => {
    const folder = path.resolve(studyFolder, experiment.model.path);
    const model = models.get(folder) ?? readModelConfig(folder);
    models.set(folder, model);
    return trainedModules(experiment, model, catalog);
  };
  const found = new Map<string, MethodDifference>();
  const issues = new Map<string, StudyIssue>();
  const settings = parts.flatMap((part) => bySetting(part.cells).map((cells) => ({ part, cells })));
  for (const { part, cells, difference } of settings.flatMap((each) =>
    differencesIn(each, targetsOf).map((difference) => ({ ...each, difference })),
  )) {
    const { in: kind, method, own, usual } = difference;
    const declared = definition.differs.find((each) => each.in === kind && each.methods.includes(method));
    if (declared === undefined) {
      const axes = describeCell(cells[0]?.setting.axes ?? {});
      const message = undeclared(difference, `in the part "${part.name}"${axes === '' ? '' : ` at ${axes}`}`);
      issues.set(JSON.stringify(difference), { path: ['methods'], message });
      continue;
    }
    const what = `${own} (others: ${usual})`;
    const key = JSON.stringify([kind, what, declared.because]);
    const methods = [...new Set([...(found.get(key)?.methods ?? []), method])];
    found.set(key, { in: kind, methods, what, because: declared.because });
  }
  const all = [...issues.values(), ...needless(definition, parts, [...found.values()])];
  if (all.length > 0) throw refuse(all);
  return [...found.values()];
}

/** Differences that are declared and are none: the report would repeat what is not so. */
function needless(
  { differs }: StudyDefinition,
  parts: readonly StudyPart[],
  found: readonly MethodDifference[],
): readonly StudyIssue[] {
  const compared = new Set(parts.flatMap(({ methods }) => (methods.length > 1 ? methods : [])));
  return differs.flatMap(({ in: kind, methods }, i) =>
    methods.flatMap((method, j): StudyIssue[] => {
      const isFound = found.some((each) => each.in === kind && each.methods.includes(method));
      if (isFound || !compared.has(method)) return [];
      const hint = kind === 'targets' ? ' (the study’s `targets` hold for adapters that name no target_modules)' : '';
      const message = `"${method}" has the same ${kind} as the others, so there is nothing to declare${hint}`;
      return [{ path: ['differs', i, 'methods', j], message }];
    }),
  );
}

interface Deviation {
  readonly in: MethodDifference['in'];
  readonly method: string;
  readonly own: string;
  /** What most of the others have. */
  readonly usual: string;
}

/** Differences between methods in a setting of a part. */
function differencesIn(
  { part: { baselines }, cells }: { readonly part: StudyPart; readonly cells: readonly StudyCell[] },
  targetsOf: (cell: StudyCell) => string,
): readonly Deviation[] {
  const budgetOf =
    (key: string) =>
    ({ experiment }: StudyCell): string =>
      `${key} ${String(valueAt(experiment, key.split('.')))}`;
  return [
    ...deviations('targets', cells, targetsOf, baselines),
    ...budgetKeys.flatMap((key) => deviations('budget', cells, budgetOf(key), baselines)),
  ];
}

function undeclared({ in: kind, method, own, usual }: Deviation, where: string): string {
  const has =
    kind === 'targets' ? `trains ${own}, and the others train ${usual},` : `has ${own}, and the others ${usual},`;
  const way = kind === 'targets' ? 'give it the same target modules' : 'give it the same';
  return `"${method}" ${has} ${where}: ${way}, or declare it under differs: [{in: ${kind}, methods: [${method}], because: ...}]`;
}

/** Methods that have another value than the most frequent one; where several are, the baseline's counts. */
function deviations(
  kind: MethodDifference['in'],
  cells: readonly StudyCell[],
  valueOf: (cell: StudyCell) => string,
  baselines: readonly string[],
): readonly Deviation[] {
  const values = cells.map((cell) => ({ method: cell.method, own: valueOf(cell) }));
  const counts = new Map<string, number>();
  for (const { own } of values) counts.set(own, (counts.get(own) ?? 0) + 1);
  const most = Math.max(...counts.values());
  const usual = [...counts].flatMap(([value, count]) => (count === most ? [value] : []));
  const [first = ''] = usual;
  const baseline = values.find(({ method }) => baselines.includes(method))?.own;
  const chosen = baseline !== undefined && usual.includes(baseline) ? baseline : first;
  return values.flatMap(({ method, own }) => (own === chosen ? [] : [{ in: kind, method, own, usual: chosen }]));
}

function bySetting(cells: readonly StudyCell[]): readonly (readonly StudyCell[])[] {
  const groups = new Map<string, StudyCell[]>();
  for (const cell of cells) {
    const key = JSON.stringify(cell.setting);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()];
}

/** Names of the modules that a method attaches to, in the model's order; with their blocks where these are not all. */
function trainedModules(experiment: Experiment, model: DecoderConfig, catalog: PluginCatalog): string {
  const { modules, blocks } = attachedModules(experiment, model, catalog);
  const isEverywhere = blocks === model.layers || blocks === 0;
  return isEverywhere ? modules.join(', ') : `${modules.join(', ')} (${blocks} of ${model.layers} blocks)`;
}

/** Names of the modules that an experiment's method attaches to, in the model's order, and in how many blocks. */
export function attachedModules(
  { adapter, training }: Experiment,
  model: DecoderConfig,
  catalog: PluginCatalog,
): { readonly modules: readonly string[]; readonly blocks: number } {
  const { plugin, config } = chosenPlugin(catalog, 'adapter', adapter);
  const layers = adapterTargets(plugin, config, model, training.steps);
  const blocks = new Set(layers.flatMap(({ block }) => (block === undefined ? [] : [block])));
  return { modules: [...new Set(layers.map(({ module }) => module))], blocks: blocks.size };
}
