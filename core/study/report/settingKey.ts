import { stableHash } from '../stableHash.ts';
import type { StudyPart } from '../studyResults.ts';
import type { StudySetting } from '../trialResult.ts';

/** The same text for the same setting, whatever the order of its axes. */
export function settingKey({ model, task, axes }: StudySetting): string {
  return stableHash([model, task, axes]);
}

/** A setting in words, without what is the same in the whole part. */
export function settingLabel({ model, task, axes }: StudySetting, part: StudyPart): string {
  const words = [
    ...(part.tasks.length > 1 ? [task] : []),
    ...(part.models.length > 1 ? [model] : []),
    ...Object.entries(axes).map(([path, value]) => `${axisName(path)} ${axisValue(value)}`),
  ];
  return words.length === 0 ? task : words.join(', ');
}

/** The last part of an axis' path: `rank` of `adapter.rank`. */
export function axisName(path: string): string {
  return path.split('.').at(-1) ?? path;
}

/** A value of an axis as text. */
export function axisValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(axisValue).join('+');
  if (typeof value === 'object' && value) {
    const { type, ...options } = value as Record<string, unknown>;
    const rest = Object.entries(options).map(([name, option]) => `${name} ${axisValue(option)}`);
    return [...(type === undefined ? [] : [axisValue(type)]), ...rest].join(' ');
  }
  return String(value);
}
