import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import { RlvrError } from '../errors.ts';
import { problemsOfMany } from '../experiment/problemsOfMany.ts';
import type { FailedExperiment } from '../experiment/problemsOfMany.ts';
import type { Experiment } from '../experiment/schema.ts';
import { describeCell } from '../experiment/sweep.ts';
import { checkAdapters } from './checkAdapters.ts';
import { checkStudy, tuningGrid } from './checkStudy.ts';
import { composeExperiment } from './composeExperiment.ts';
import type { Layer } from './composeExperiment.ts';
import { differencesOf } from './declaredDifferences.ts';
import type { ExpandedStudy, RateSource, StudyBase, StudyCell, StudyPart, TuningArm } from './expandedStudy.ts';
import { axesLayers, axisCombinations, methodLayers, modelLayers, overrideLayers, taskLayers } from './layers.ts';
import type { ParsedStudy } from './readStudy.ts';
import { reportSeeds } from './seedList.ts';
import { stableHash } from './stableHash.ts';
import { studyMethods, studyModels, studyTasks } from './studyMethods.ts';
import type { StudyMethod, StudyModel } from './studyMethods.ts';
import type { PartDefinition, RatePolicy } from './studySchema.ts';
import type { StudySetting } from './trialResult.ts';

/** What problems are drawn by that a study evaluates on, unless its experiment says: the same for all seeds. */
const dataSeed = 0;

/** The part of a study that names none. */
const wholeStudy = 'main';

interface Expansion {
  readonly study: ParsedStudy;
  readonly catalog: PluginCatalog;
  readonly methods: readonly StudyMethod[];
  readonly models: readonly StudyModel[];
  /** By what they are made of: most are needed several times. */
  readonly composed: Map<string, Experiment>;
  readonly failed: FailedExperiment[];
}

/**
 * Everything that a study runs, with each experiment checked and its defaults filled in; `studyFolder` is what relative paths start from.
 * Throws `config/...` errors that list what is wrong with the places in the study, among them undeclared differences between methods.
 */
export function expandStudy(study: ParsedStudy, studyFolder: string, catalog: PluginCatalog): ExpandedStudy {
  checkStudy(study);
  const { definition } = study;
  const expansion: Expansion = {
    study,
    catalog,
    methods: studyMethods(definition),
    models: studyModels(definition),
    composed: new Map(),
    failed: [],
  };
  const arms = new Map<string, TuningArm>();
  const parts = Object.entries<PartDefinition | undefined>(definition.parts ?? { [wholeStudy]: undefined })
    .map(([name, part]) => expandPart(expansion, name, part, arms))
    // Sorting is stable: within a priority the order of the file stays.
    .sort((a, b) => a.priority - b.priority);
  const { failed } = expansion;
  if (failed.length > 0) {
    const count = expansion.composed.size + failed.length;
    throw problemsOfMany(study.file, failed, { count, every: 'every trial', one: 'trials of' });
  }
  const issues = checkAdapters(definition, { parts, arms: [...arms.values()] }, studyFolder, catalog);
  if (issues.length > 0) throw study.refuse(issues);
  return {
    name: definition.name,
    parts,
    arms: [...arms.values()],
    bases: basesOf(parts),
    differences: differencesOf(study, parts, studyFolder, catalog),
  };
}

function expandPart(
  expansion: Expansion,
  name: string,
  part: PartDefinition | undefined,
  arms: Map<string, TuningArm>,
): StudyPart {
  const { definition } = expansion.study;
  const methods = expansion.methods.filter((method) => part?.methods?.includes(method.name) ?? true);
  const models = expansion.models.filter((model) => part?.models?.includes(model.name) ?? true);
  const tasks = studyTasks(definition).filter((task) => part?.tasks?.includes(task) ?? true);
  const learningRate: RatePolicy =
    part?.learning_rate ?? definition.learning_rate ?? (definition.tuning === undefined ? 'own' : 'tuned');
  const cells = models.flatMap((model) =>
    tasks.flatMap((task) =>
      methods.flatMap((method) =>
        axisCombinations(part, method.name).flatMap((axes) => {
          const setting: StudySetting = { model: model.name, task, axes };
          const experiment = compose(expansion, name, part, method, setting);
          if (experiment === undefined) return [];
          const rate = rateSource({ expansion, name, part, method, setting, experiment, learningRate, arms });
          return rate === undefined ? [] : [{ part: name, method: method.name, setting, experiment, rate }];
        }),
      ),
    ),
  );
  const names = methods.map((method) => method.name);
  const baselines = part?.baselines ?? definition.baselines ?? names.slice(0, 1);
  return {
    name,
    title: part?.title,
    priority: part?.priority ?? 1,
    isExploratory: part?.exploratory ?? false,
    methods: names,
    baselines: baselines.filter((baseline) => names.includes(baseline)),
    seeds: reportSeeds(part?.seeds ?? definition.seeds),
    learningRate,
    settings: distinctSettings(cells),
    cells,
  };
}

interface Wanted {
  readonly expansion: Expansion;
  readonly name: string;
  readonly part: PartDefinition | undefined;
  readonly method: StudyMethod;
  readonly setting: StudySetting;
  readonly experiment: Experiment;
  readonly learningRate: RatePolicy;
  readonly arms: Map<string, TuningArm>;
}

/** Where the rate of a cell comes from; an arm that it needs is added to the others. */
function rateSource(wanted: Wanted): RateSource | undefined {
  const { expansion, method, setting, experiment, learningRate } = wanted;
  const { definition } = expansion.study;
  if ('learning_rate' in setting.axes) return { kind: 'axis', value: experiment.learning_rate };
  if (typeof learningRate === 'number') return { kind: 'number', value: learningRate };
  if (learningRate === 'shared') return { kind: 'shared', value: definition.shared_learning_rate ?? NaN };
  if (learningRate === 'own') {
    const own = typeof method.learning_rate === 'number' ? method.learning_rate : experiment.learning_rate;
    return { kind: 'own', value: own };
  }
  const arm = tuningArm(wanted);
  return arm === undefined ? undefined : { kind: 'tuned', arm };
}

function tuningArm({ expansion, name, part, method, setting, arms }: Wanted): string | undefined {
  const { definition } = expansion.study;
  const { tuning } = definition;
  if (tuning === undefined) return undefined;
  const isRetuned = part?.retune === true;
  const tuned: StudySetting = {
    model: tuning.per.includes('model') ? setting.model : (expansion.models[0]?.name ?? setting.model),
    task: tuning.per.includes('task') ? setting.task : (studyTasks(definition)[0] ?? setting.task),
    axes: isRetuned ? setting.axes : {},
  };
  const composed = compose(expansion, name, isRetuned ? part : undefined, method, tuned);
  const grid = tuningGrid(definition, method);
  if (composed === undefined || grid === undefined) return undefined;
  const { evaluation, spectra, data, ...rest } = composed;
  const experiment: Experiment = {
    ...rest,
    data: { ...data, watch: [] },
    spectra: { ...spectra, every: 0 },
    evaluation: {
      ...evaluation,
      split: 'selection',
      benchmarks: [],
      every: 0,
      ...(tuning.problems === undefined ? {} : { problems: tuning.problems }),
      ...(tuning.samples === undefined ? {} : { samples: tuning.samples }),
    },
  };
  const id = stableHash([{ ...experiment, learning_rate: 0, seed: 0, name: '' }, grid]);
  if (!arms.has(id)) arms.set(id, { id, method: method.name, setting: tuned, experiment, grid });
  return id;
}

/** The experiment of a method in a setting but for seed and rate; undefined where it is wrong, which is kept for the error. */
function compose(
  expansion: Expansion,
  name: string,
  part: PartDefinition | undefined,
  method: StudyMethod,
  setting: StudySetting,
): Experiment | undefined {
  const { study, catalog, models, composed, failed } = expansion;
  const { definition } = study;
  const model = models.find((each) => each.name === setting.model);
  const layers: readonly Layer[] = [
    { path: ['name'], value: method.name, from: method.path },
    ...(model === undefined ? [] : modelLayers(model)),
    ...taskLayers(definition, setting.task),
    ...methodLayers(definition, method, catalog),
    ...(part === undefined ? [] : overrideLayers(['parts', name], part.overrides)),
    ...(part === undefined ? [] : axesLayers(name, part, setting.axes)),
  ];
  const key = JSON.stringify(layers.map(({ path, value }) => [path, value]));
  const known = composed.get(key);
  if (known !== undefined) return known;
  try {
    const whole = composeExperiment({ base: study.base, study: study.yaml, file: study.file, catalog }, layers);
    const experiment = withOwnKeys(whole, definition.threads);
    composed.set(key, experiment);
    return experiment;
  } catch (error) {
    if (!(error instanceof RlvrError)) throw error;
    const axes = Object.keys(setting.axes).length === 0 ? '' : `, ${describeCell(setting.axes)}`;
    failed.push({ label: `${method.name} on ${setting.task}${axes}`, error });
    return undefined;
  }
}

/** What a study sets in all of its trials: the base is evaluated once for all of them, on problems that are the same for all. */
function withOwnKeys(experiment: Experiment, threads: number): Experiment {
  const { engine, evaluation, training } = experiment;
  return {
    ...experiment,
    engine: { ...engine, threads },
    training: { ...training, keep_checkpoints: 1 },
    evaluation: { ...evaluation, before: false, split: 'report', data_seed: evaluation.data_seed ?? dataSeed },
  };
}

function distinctSettings(cells: readonly StudyCell[]): readonly StudySetting[] {
  return [...new Map(cells.map(({ setting }) => [JSON.stringify(setting), setting])).values()];
}

/** One experiment for each model and task, in which full fine-tuning makes no step that matters: its evaluation before is the base's. */
function basesOf(parts: readonly StudyPart[]): readonly StudyBase[] {
  const bases = new Map<string, StudyBase>();
  for (const { setting, experiment } of parts.flatMap(({ cells }) => cells)) {
    const { model, task, axes } = setting;
    const key = JSON.stringify([model, task]);
    if (bases.has(key) || Object.keys(axes).length > 0) continue;
    const { evaluation, training, spectra } = experiment;
    bases.set(key, {
      model,
      task,
      experiment: {
        ...experiment,
        name: 'base',
        seed: 0,
        spectra: { ...spectra, every: 0 },
        training: { ...training, steps: 1 },
        evaluation: { ...evaluation, before: true, every: 0 },
      },
    });
  }
  return [...bases.values()];
}
