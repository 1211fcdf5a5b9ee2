import { armsOf } from './trialPlan.ts';
import type { PlannedTrial, TrialPhase } from './trialPlan.ts';
import type { ExpandedStudy, StudyPart } from './expandedStudy.ts';
import { tuningSeeds } from './seedList.ts';
import type { TuningDefinition } from './studySchema.ts';
import { tuningTrialCount } from './tuning.ts';
import type { TrialResult } from './trialResult.ts';

/** Trials of one kind that take about the same time. */
export interface TrialGroup {
  readonly part: string;
  readonly phase: TrialPhase;
  readonly model: string;
  readonly steps: number;
  readonly trials: number;
}

/** All trials that a study asks for, part by part. What parts share counts in the first of them. */
export function trialGroups(study: ExpandedStudy, tuning: TuningDefinition | undefined): readonly TrialGroup[] {
  const knownArms = new Set<string>();
  const knownBases = new Set<string>();
  const groups = study.parts.flatMap((part): TrialGroup[] => {
    const bases = basesOf(study, part).filter(({ model, task }) => !knownBases.has(JSON.stringify([model, task])));
    for (const { model, task } of bases) knownBases.add(JSON.stringify([model, task]));
    const arms = armsOf(study, part).filter(({ id }) => !knownArms.has(id));
    for (const { id } of arms) knownArms.add(id);
    const seeds = tuning === undefined ? 0 : tuningSeeds(tuning.seeds).length;
    return [
      ...bases.map(({ model }): TrialGroup => ({ part: part.name, phase: 'base', model, steps: 1, trials: 1 })),
      ...arms.flatMap(({ grid, setting: { model } }) =>
        tuning === undefined
          ? []
          : tuningTrialCount(grid.length, tuning, seeds).map((rung): TrialGroup => ({
              part: part.name,
              phase: 'tuning',
              model,
              ...rung,
            })),
      ),
      ...part.cells.map(({ setting: { model }, experiment: { training } }): TrialGroup => ({
        part: part.name,
        phase: 'report',
        model,
        steps: training.steps,
        trials: part.seeds.length,
      })),
    ];
  });
  const merged = new Map<string, TrialGroup>();
  for (const group of groups) {
    const { part, phase, model, steps } = group;
    const key = JSON.stringify([part, phase, model, steps]);
    merged.set(key, { ...group, trials: (merged.get(key)?.trials ?? 0) + group.trials });
  }
  return [...merged.values()];
}

/** Seconds of a trial of so many steps on a model; undefined where nothing like it has been measured. */
export type SecondsOfTrial = (phase: TrialPhase, model: string, steps: number) => number | undefined;

/** What trials take, judged by those that have finished: of the same phase on the same model, else by their seconds for a step. */
export function measuredSeconds(results: readonly TrialResult[]): SecondsOfTrial {
  const finished = results.filter(({ status, steps }) => status === 'finished' && steps > 0);
  return (phase, model, steps) => {
    const onModel = finished.filter(({ uses: [use] }) => use?.setting.model === model);
    const alike = onModel.filter((result) => result.phase === phase && result.steps === steps);
    if (alike.length > 0) return mean(alike.map(({ seconds }) => seconds.total));
    const evaluation = onModel.filter((result) => result.phase === (phase === 'tuning' ? 'tuning' : 'report'));
    const perStep = onModel.map(({ seconds, steps: count }) => (seconds.total - seconds.evaluation) / count);
    if (perStep.length === 0) return undefined;
    const measured = evaluation.length > 0 ? evaluation : onModel;
    return mean(perStep) * steps + mean(measured.map(({ seconds }) => seconds.evaluation));
  };
}

/** Seconds until the trials of a plan that are not done are done; undefined where nothing can be said. */
export function secondsLeft(
  groups: readonly TrialGroup[],
  done: readonly PlannedTrial[],
  secondsOf: SecondsOfTrial,
  slots: number,
): number | undefined {
  const left = new Map(groups.map((group) => [groupKey(group), group]));
  for (const { phase, uses, experiment } of done) {
    const [use] = uses;
    if (use === undefined) continue;
    const key = groupKey({ part: use.part, phase, model: use.setting.model, steps: experiment.training.steps });
    const group = left.get(key);
    if (group !== undefined) left.set(key, { ...group, trials: Math.max(0, group.trials - 1) });
  }
  let sum = 0;
  for (const { phase, model, steps, trials } of left.values()) {
    if (trials === 0) continue;
    const seconds = secondsOf(phase, model, steps);
    if (seconds === undefined) return undefined;
    sum += trials * seconds;
  }
  return sum / slots;
}

function groupKey({ part, phase, model, steps }: Omit<TrialGroup, 'trials'>): string {
  return JSON.stringify([part, phase, model, steps]);
}

function basesOf({ bases }: ExpandedStudy, { cells }: StudyPart): ExpandedStudy['bases'] {
  return bases.filter(({ model, task }) =>
    cells.some(({ setting }) => setting.model === model && setting.task === task),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
