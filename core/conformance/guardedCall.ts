import { RlvrError, messageOf } from '../errors.ts';
import { placeInWords } from './behaviour.ts';
import type { PluginPlace } from './behaviour.ts';

/** Is told which method of a plugin is called next, and undefined when it has returned. */
export type CallObserver = (place: PluginPlace | undefined) => void;

/** How a plugin refuses what it is given: by errors of these areas, which say all that is needed. */
const refusals = ['adapter/', 'dataset/', 'config/', 'plugin/'];

/**
 * Calls a method of a plugin. What it throws becomes `plugin/failed` with the place, unless it is a refusal; so does a result that
 * `problem` finds something wrong with.
 */
export function guardedCall<Result>(
  place: PluginPlace,
  run: () => Result,
  problem: (result: Result) => string | undefined = () => undefined,
  onCall: CallObserver = () => undefined,
): Result {
  onCall(place);
  try {
    const result = run();
    const found = problem(result);
    if (found === undefined) return result;
    throw new RlvrError('plugin/failed', `${placeInWords(place)}: ${found}.`, { ...place });
  } catch (error) {
    throw failureOf(place, error);
  } finally {
    onCall(undefined);
  }
}

/** The error to be told for what a plugin threw. */
export function failureOf(place: PluginPlace, error: unknown): RlvrError {
  if (error instanceof RlvrError && refusals.some((area) => error.code.startsWith(area))) return error;
  const message = `${placeInWords(place)} failed: ${messageOf(error)}`;
  const failure = new RlvrError('plugin/failed', message, { ...place }, { cause: error });
  // Whoever tells the line wants the plugin's.
  if (error instanceof Error && error.stack !== undefined) failure.stack = error.stack;
  return failure;
}
