import path from 'node:path';
import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import { readModelConfig } from '../model/modelConfig.ts';
import { decoderParameters } from '../model/decoderParameters.ts';
import type { RunEnvironment } from '../runs/runRecord.ts';
import { valueCount } from '../valueCount.ts';
import { attachedModules } from './declaredDifferences.ts';
import type { ExpandedStudy, StudyPart, TuningArm } from './expandedStudy.ts';
import { withoutDetails } from './collectTrial.ts';
import { reportSeeds, tuningSeeds } from './seedList.ts';
import { stableHash } from './stableHash.ts';
import { studyMethods, studyModels, studyTasks } from './studyMethods.ts';
import type { StudyDefinition } from './studySchema.ts';
import type { StudyResults } from './studyResults.ts';
import type { TrialPlan } from './trialPlan.ts';
import { isBroken } from './tuning.ts';
import type { TuningState } from './tuning.ts';
import type { TrialResult } from './trialResult.ts';

/** What a study's results are made of. */
export interface ResultsSource {
  readonly definition: StudyDefinition;
  readonly study: ExpandedStudy;
  /** What relative paths in the study start from. */
  readonly folder: string;
  readonly catalog: PluginCatalog;
  readonly plan: TrialPlan;
  /** Of trials that have ended, by id. */
  readonly outcomes: ReadonlyMap<string, TrialResult>;
  readonly version: string;
  readonly environment: RunEnvironment | undefined;
  readonly seconds: StudyResults['seconds'];
  /** Why no more trials are started, where that is so. */
  readonly ending: string | undefined;
}

/** All that a study has come to so far. The same trials give the same results, in the order of the study. */
export function buildResults(source: ResultsSource): StudyResults {
  const { definition, study, plan, outcomes, version, environment, seconds } = source;
  const ended = plan.trials.flatMap((trial) => {
    const result = outcomes.get(trial.id);
    return result === undefined ? [] : [{ trial, result: { ...result, uses: [...trial.uses] } }];
  });
  return {
    format: 1,
    kind: 'rlvr-lab/study-results',
    name: definition.name,
    ...(definition.description === undefined ? {} : { description: definition.description }),
    version,
    parts: study.parts.map((part) =>
      partOf(
        part,
        ended.map(({ result }) => result),
      ),
    ),
    methods: methodsOf(source),
    models: modelsOf(source),
    differs: study.differences.map((difference) => ({ ...difference, methods: [...difference.methods] })),
    splits: splitsOf(source),
    target: targetsOf(definition),
    bases: ended.flatMap(({ trial, result: { id, run, benchmarks, retention } }) =>
      trial.phase === 'base'
        ? trial.uses
            .slice(0, 1)
            .map(({ setting: { model, task } }) => ({ id, run, benchmarks, retention, model, task }))
        : [],
    ),
    tuning: study.arms.flatMap((arm) => {
      const state = plan.tuning.get(arm.id);
      return state === undefined ? [] : [armOf(arm, state)];
    }),
    ...(environment === undefined ? {} : { environment }),
    trials: ended.flatMap(({ trial, result }) =>
      trial.phase === 'base' ? [] : [trial.phase === 'tuning' ? withoutDetails(result) : result],
    ),
    notRun: notRunOf(source),
    seconds,
  };
}

function partOf(part: StudyPart, results: readonly TrialResult[]): StudyResults['parts'][number] {
  const own = results.filter(({ uses }) => uses.some((use) => use.part === part.name));
  const axes = new Map<string, unknown[]>();
  for (const { axes: values } of part.settings) {
    for (const [key, value] of Object.entries(values)) {
      const known = axes.get(key) ?? [];
      if (!known.some((each) => stableHash(each) === stableHash(value))) axes.set(key, [...known, value]);
    }
  }
  const { learningRate } = part;
  return {
    name: part.name,
    ...(part.title === undefined ? {} : { title: part.title }),
    exploratory: part.isExploratory,
    baselines: [...part.baselines],
    methods: [...part.methods],
    models: [...new Set(part.settings.map(({ model }) => model))],
    tasks: [...new Set(part.settings.map(({ task }) => task))],
    axes: Object.fromEntries(axes),
    seeds: [...part.seeds],
    learningRate: learningRate === 'tuned' || learningRate === 'shared' ? learningRate : 'fixed',
    seconds: own.reduce((sum, { seconds }) => sum + seconds.total, 0),
  };
}

function methodsOf({ definition, study, folder, catalog }: ResultsSource): StudyResults['methods'] {
  const cells = study.parts.flatMap((part) => part.cells);
  return studyMethods(definition).flatMap(({ name }) => {
    const experiment = cells.find((cell) => cell.method === name)?.experiment;
    if (experiment === undefined) return [];
    const { type, ...options } = experiment.adapter;
    const model = readModelConfig(path.resolve(folder, experiment.model.path));
    const { modules } = attachedModules(experiment, model, catalog);
    return [{ name, adapter: type, options, optimizer: experiment.optimizer.type, targets: [...modules] }];
  });
}

function modelsOf({ definition, study, folder }: ResultsSource): StudyResults['models'] {
  const cells = study.parts.flatMap((part) => part.cells);
  return studyModels(definition).map(({ name }) => {
    const experiment = cells.find(({ setting }) => setting.model === name)?.experiment;
    if (experiment === undefined) return { name };
    const config = readModelConfig(path.resolve(folder, experiment.model.path));
    const parameters = decoderParameters(config).reduce((sum, { shape }) => sum + valueCount(shape), 0);
    return { name, parameters };
  });
}

function splitsOf({ definition, study }: ResultsSource): StudyResults['splits'] {
  const { tuning, seeds, parts = {} } = definition;
  const reported = [
    ...new Set([seeds, ...Object.values(parts).map((part) => part.seeds ?? seeds)].flatMap(reportSeeds)),
  ];
  const tuned = tuning === undefined ? [] : [...tuningSeeds(tuning.seeds)];
  return studyTasks(definition).flatMap((task) => {
    const cell = study.parts.flatMap((part) => part.cells).find(({ setting }) => setting.task === task);
    if (cell === undefined) return [];
    const { data, evaluation } = cell.experiment;
    const name = (data.evaluate ?? data.train).type;
    const selection = { task, split: 'selection' as const, name, problems: tuning?.problems ?? evaluation.problems };
    return [
      { task, split: 'train' as const, name: data.train.type, seeds: [...tuned, ...reported] },
      { ...selection, seeds: tuned },
      { task, split: 'report' as const, name, problems: evaluation.problems, seeds: reported },
    ];
  });
}

function targetsOf({ target_accuracy: target, ...definition }: StudyDefinition): Record<string, number> {
  if (target === undefined) return {};
  if (typeof target === 'object') return target;
  return Object.fromEntries(studyTasks(definition).map((task) => [task, target]));
}

function armOf({ method, setting, grid }: TuningArm, state: TuningState): StudyResults['tuning'][number] {
  const { candidates, chosen, isAtEdge } = state;
  const rates = [...new Set(candidates.map(({ learningRate }) => learningRate))].sort((a, b) => a - b);
  const count = (weight: (candidate: TuningState['candidates'][number]) => number): number =>
    candidates.reduce((sum, candidate) => sum + candidate.scores.length * weight(candidate), 0);
  return {
    method,
    setting,
    ...(chosen === undefined ? {} : { chosen }),
    ...(isAtEdge === true ? { atEdge: chosen === rates[0] ? ('low' as const) : ('high' as const) } : {}),
    trials: count(() => 1),
    steps: count(({ steps }) => steps),
    rates: rates.flatMap((learningRate) => {
      const last = candidates.filter((each) => each.learningRate === learningRate).at(-1);
      if (last === undefined) return [];
      const { steps, mean } = last;
      const accuracy = isBroken(last) ? {} : { accuracy: mean };
      return [{ learningRate, steps, ...accuracy, extension: !grid.includes(learningRate) }];
    }),
  };
}

/** Trials that the study asks for and that have no result, those of a method in a setting together. */
function notRunOf({ study, plan, outcomes, ending }: ResultsSource): StudyResults['notRun'] {
  const done = new Set(
    plan.trials.flatMap(({ id, phase, uses, experiment: { seed } }) =>
      phase === 'report' && outcomes.has(id) ? uses.map((use) => placeKey(use, seed)) : [],
    ),
  );
  return study.parts.flatMap(({ name: part, cells, seeds }) =>
    cells.flatMap(({ method, setting, rate }) => {
      const missing = seeds.filter((seed) => !done.has(placeKey({ part, method, setting }, seed)));
      if (missing.length === 0) return [];
      const state = rate.kind === 'tuned' ? plan.tuning.get(rate.arm) : undefined;
      const hasNoRate = state?.wanted.length === 0 && state.chosen === undefined;
      const because = hasNoRate ? 'no learning rate: all trials of its tuning failed' : (ending ?? 'not run yet');
      return [{ part, method, setting, seeds: missing, because }];
    }),
  );
}

function placeKey(
  { part, method, setting }: Pick<StudyResults['notRun'][number], 'part' | 'method' | 'setting'>,
  seed: number,
): string {
  return stableHash([part, method, setting, seed]);
}
