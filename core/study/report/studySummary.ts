import { stableHash } from '../stableHash.ts';
import type { StudyPart, StudyResults } from '../studyResults.ts';
import type { StudySetting } from '../trialResult.ts';
import { compareMethods, type Comparison, type Side } from './compareMethods.ts';
import { leaderboardRow, type LeaderboardRow } from './leaderboardRow.ts';
import { settingLabel } from './settingKey.ts';
import { indexTrials, type TrialIndex } from './trialIndex.ts';

/** Methods side by side at one setting. */
export interface SettingSummary {
  readonly setting: StudySetting;
  readonly label: string;
  /** Highest accuracy first; methods without a result last. */
  readonly rows: readonly LeaderboardRow[];
  /** One family for each baseline, corrected within itself. */
  readonly comparisons: readonly Comparison[];
}

/** A part with all its settings. */
export interface PartSummary {
  readonly part: StudyPart;
  readonly settings: readonly SettingSummary[];
}

/** Everything that a study's leaderboard and report say, as data. */
export interface StudySummary {
  readonly name: string;
  readonly parts: readonly PartSummary[];
  /** Of all that does not depend on the machine: equal for a study that was interrupted and one that was not. */
  readonly fingerprint: string;
}

/** Sums up a study's results: the same results give the same summary, bit for bit. */
export function summarizeStudy(results: StudyResults): StudySummary {
  const index = indexTrials(results);
  const parts = results.parts.map((part): PartSummary => {
    const settings = index.settings(part);
    return { part, settings: settings.map((setting) => summarizeSetting(results, index, part, setting)) };
  });
  const lasting = parts.map(({ part, settings }) => ({
    part: { ...part, seconds: undefined },
    settings: settings.map((one) => ({ ...one, rows: one.rows.map((row) => ({ ...row, machine: undefined })) })),
  }));
  return { name: results.name, parts, fingerprint: stableHash(lasting) };
}

function summarizeSetting(
  results: StudyResults,
  index: TrialIndex,
  part: StudyPart,
  setting: StudySetting,
): SettingSummary {
  const missing = (method: string): readonly number[] =>
    results.notRun
      .filter((one) => one.part === part.name && one.method === method && sameSetting(one.setting, setting))
      .flatMap(({ seeds }) => seeds);
  const rows = part.methods.flatMap((method) => {
    const trials = index.at(part.name, method, setting);
    const seedsMissing = missing(method);
    return trials.length === 0 && seedsMissing.length === 0
      ? []
      : [leaderboardRow({ results, method, setting, trials, seedsMissing })];
  });
  const comparisons = part.baselines.flatMap((baseline) => {
    const base = baselineSide(index, part, baseline, setting);
    const sides = rows.map(({ method }): Side => ({ method, setting, trials: index.at(part.name, method, setting) }));
    return compareMethods(sides.filter(({ method }) => method !== baseline).map((side) => [base, side] as const));
  });
  const accuracyOf = ({ accuracy }: LeaderboardRow): number => accuracy?.mean ?? -1;
  return {
    setting,
    label: settingLabel(setting, part),
    rows: rows.toSorted((left, right) => accuracyOf(right) - accuracyOf(left)),
    comparisons,
  };
}

/** The baseline at this setting, or at that without the axes that do not apply to it. */
function baselineSide(index: TrialIndex, part: StudyPart, baseline: string, setting: StudySetting): Side {
  const candidates = index
    .settings(part)
    .filter(({ model, task, axes }) => {
      const isWithin = Object.entries(axes).every(
        ([path, value]) => stableHash(setting.axes[path]) === stableHash(value),
      );
      return model === setting.model && task === setting.task && isWithin;
    })
    .toSorted((left, right) => Object.keys(right.axes).length - Object.keys(left.axes).length);
  for (const candidate of candidates) {
    const trials = index.at(part.name, baseline, candidate);
    if (trials.length > 0) return { method: baseline, setting: candidate, trials };
  }
  return { method: baseline, setting, trials: [] };
}

function sameSetting(left: StudySetting, right: StudySetting): boolean {
  return stableHash(left) === stableHash(right);
}
