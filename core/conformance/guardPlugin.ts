import type { PluginDescription } from '../contracts/plugin.ts';
import type { RewardFunction, RewardScore } from '../contracts/reward.ts';
import { failureOf, guardedCall } from './guardedCall.ts';
import type { CallObserver } from './guardedCall.ts';

/**
 * A plugin of any kind but adapter that behaves as `plugin` does, but says `plugin/failed` with kind, id and method where a method
 * throws or rejects, or where a reward gives a value that is no finite number.
 */
export function guardPlugin<Plugin extends PluginDescription<unknown>>(
  kind: string,
  plugin: Plugin,
  onCall?: CallObserver,
): Plugin {
  const name = `${kind} "${plugin.id}"`;
  const guarded = Object.entries(plugin).map(([method, own]: [string, unknown]) => {
    if (typeof own !== 'function') return [method, own];
    const call = (...given: unknown[]): unknown => {
      const place = { plugin: name, method };
      const result = guardedCall(place, () => Reflect.apply(own, plugin, given) as unknown, undefined, onCall);
      if (result instanceof Promise)
        return result.catch((error: unknown) => {
          throw failureOf(place, error);
        });
      return kind === 'reward' && method === 'create' ? guardScore(name, result as RewardFunction, onCall) : result;
    };
    return [method, call];
  });
  return Object.fromEntries(guarded) as Plugin;
}

function guardScore(plugin: string, score: RewardFunction, onCall: CallObserver | undefined): RewardFunction {
  const place = { plugin, method: 'score' };
  return (sample) => {
    const result = guardedCall(place, () => score(sample), undefined, onCall);
    if (!(result instanceof Promise)) return guardedCall(place, () => result, scoreProblem);
    return result.then(
      (value) => guardedCall(place, () => value, scoreProblem),
      (error: unknown) => {
        throw failureOf(place, error);
      },
    );
  };
}

/** What is wrong with a score, in words. Its numbers are finite; the value alone may be undefined. */
export function scoreProblem(score: RewardScore): string | undefined {
  const given: unknown = score;
  if (typeof given !== 'object' || given === null) return `it is ${String(given)}, expected an object`;
  const { value, components = {} } = score;
  const numbers = [...(value === undefined ? [] : [['value', value] as const]), ...Object.entries(components)];
  const wrong = numbers.find(([, number]) => !Number.isFinite(number));
  return wrong === undefined ? undefined : `its ${wrong[0]} is ${String(wrong[1])}, expected a finite number`;
}
