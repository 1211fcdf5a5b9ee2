import { stableHash } from '../stableHash.ts';
import type { StudyPart, StudyResults } from '../studyResults.ts';
import type { StudySetting, TrialResult } from '../trialResult.ts';
import { settingKey } from './settingKey.ts';

/** A study's reported trials by where they stand. */
export interface TrialIndex {
  /** Trials of a method at a setting of a part, in ascending order of their seeds. */
  at(part: string, method: string, setting: StudySetting): readonly TrialResult[];
  /** The settings of a part at which something was run or should have been, in the order of the study. */
  settings(part: StudyPart): readonly StudySetting[];
}

/** Sorts a study's reported trials. A seed that stands twice at one place counts once, a finished trial before a failed one. */
export function indexTrials(results: StudyResults): TrialIndex {
  const places = new Map<string, Map<number, TrialResult>>();
  const settings = new Map<string, Map<string, StudySetting>>();
  const addSetting = (part: string, setting: StudySetting): string => {
    const key = settingKey(setting);
    const known = settings.get(part) ?? new Map<string, StudySetting>();
    if (!known.has(key)) settings.set(part, known.set(key, setting));
    return key;
  };
  for (const trial of results.trials) {
    for (const use of trial.phase === 'report' ? trial.uses : []) {
      const place = placeKey(use.part, use.method, addSetting(use.part, use.setting));
      const bySeed = places.get(place) ?? new Map<number, TrialResult>();
      const known = bySeed.get(trial.seed);
      if (known?.status !== 'finished') places.set(place, bySeed.set(trial.seed, trial));
    }
  }
  for (const { part, setting } of results.notRun) addSetting(part, setting);
  return {
    at: (part, method, setting) => {
      const bySeed = places.get(placeKey(part, method, settingKey(setting)));
      return [...(bySeed?.values() ?? [])].sort((left, right) => left.seed - right.seed);
    },
    settings: (part) =>
      [...(settings.get(part.name)?.values() ?? [])]
        .map((setting) => ({ setting, place: placeOf(setting, part) }))
        .sort((left, right) => comparePlaces(left.place, right.place))
        .map(({ setting }) => setting),
  };
}

function placeKey(part: string, method: string, setting: string): string {
  return JSON.stringify([part, method, setting]);
}

/** Where a setting stands in the order of the part's tasks, models and axes. */
function placeOf({ model, task, axes }: StudySetting, part: StudyPart): readonly number[] {
  const ofAxes = Object.entries(part.axes).map(([path, values]) => {
    const wanted = stableHash(axes[path]);
    return values.findIndex((value) => stableHash(value) === wanted);
  });
  return [part.tasks.indexOf(task), part.models.indexOf(model), ...ofAxes];
}

function comparePlaces(left: readonly number[], right: readonly number[]): number {
  const index = left.findIndex((value, at) => value !== right[at]);
  return index < 0 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}
