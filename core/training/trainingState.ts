import path from 'node:path';
import { z } from 'zod';
import { RlvrError } from '../errors.ts';
import { openSafetensors, type SafetensorsFile } from '../model/safetensors.ts';
import { writeSafetensors, type SafetensorsTensor } from '../model/writeSafetensors.ts';
import { valueCount } from '../valueCount.ts';
import type { LearnerState } from './learner.ts';
import type { Policy } from './policy.ts';
import { jsonOf, parseLayout, policyLayout, type PolicyLayout, type StoredPolicy } from './storedPolicy.ts';
import { startOfProgress, trainingProgressSchema, type TrainingProgress } from './trainingProgress.ts';

/** Name of the file in a checkpoint's folder. */
export const stateFileName = 'state.safetensors';
const prefixes = { parameter: 'parameter/', start: 'start/', slot: 'slot/', replaced: 'replaced/' } as const;

/** Changes when files of this kind can no longer be read by what wrote the earlier ones. */
const FORMAT = '2';

/** What a checkpoint holds: the policy, and everything that training changes. */
export interface TrainingState {
  readonly policy: StoredPolicy;
  readonly state: LearnerState;
  readonly progress: TrainingProgress;
}

/** What is written beside what training needs to go on. */
export interface TrainingStateOptions {
  /** Whether the values of the start are kept too, because the run compares with them (`training.reference: initial`). */
  readonly keepsStart?: boolean;
  /** The start of it where it is left out. */
  readonly progress?: TrainingProgress;
}

/**
 * Writes everything that training changes to `state.safetensors`, with what the policy is made of and what stands in place of base weights.
 * Exact: float32 as it is.
 */
export function writeTrainingState(
  folder: string,
  state: LearnerState,
  policy: Policy,
  { keepsStart = false, progress = startOfProgress }: TrainingStateOptions = {},
): void {
  const shapes = new Map(policy.parameters.map(({ name, shape }) => [name, shape]));
  const tensor = (data: Float32Array, shape?: readonly number[]): SafetensorsTensor => ({
    dtype: 'F32',
    shape: shape ?? [data.length],
    data,
  });
  const named = (
    prefix: string,
    values: Iterable<readonly [string, Float32Array]>,
    shapeOf: (name: string) => readonly number[] | undefined = () => undefined,
  ): [string, SafetensorsTensor][] => [...values].map(([name, data]) => [prefix + name, tensor(data, shapeOf(name))]);
  const start = keepsStart ? policy.parameters.map(({ name, values }) => [name, values] as const) : [];
  const tensors = new Map([
    ...named(prefixes.parameter, state.parameters, (name) => shapes.get(name)),
    ...named(prefixes.start, start, (name) => shapes.get(name)),
    ...named(prefixes.slot, state.slots),
    ...named(prefixes.replaced, policy.replaced, (name) => policy.targets.get(name)?.shape),
  ]);
  writeSafetensors(path.join(folder, stateFileName), tensors, {
    format: 'rlvr-lab',
    version: FORMAT,
    step: String(state.step),
    objective: JSON.stringify(state.objective),
    // In the schema's order, so that equal progress is equal bytes.
    progress: JSON.stringify(trainingProgressSchema.parse(progress)),
    policy: JSON.stringify(policyLayout(policy)),
  });
}

/**
 * Reads what `writeTrainingState` wrote; `restorePolicy` makes a policy of it.
 *
 * @throws RlvrError `run/corrupt` where the file is of another format or does not hold all that it says, `safetensors/invalid`
 */
export function readTrainingState(folder: string): TrainingState {
  const file = path.join(folder, stateFileName);
  const stored = openSafetensors(file);
  try {
    checkFormat(stored, file);
    const layout = parseLayout(stored.metadata.get('policy'), file);
    const part = (prefix: string): Map<string, Float32Array> =>
      new Map(
        stored.names
          .filter((name) => name.startsWith(prefix))
          .map((name) => [name.slice(prefix.length), stored.readFloat32(name)]),
      );
    const [parameters, start, replaced] = [part(prefixes.parameter), part(prefixes.start), part(prefixes.replaced)];
    const values = start.size > 0 ? start : parameters;
    checkParameters(layout, parameters, file);
    if (start.size > 0) checkParameters(layout, start, file);
    checkReplaced(layout, replaced, file);
    const given = stored.metadata.get('step') ?? '';
    if (!/^\d{1,15}$/.test(given)) throw corrupt(file, `its step "${given}" is none`);
    const step = Number(given);
    const objective = objectiveState(stored.metadata.get('objective'), file);
    return {
      policy: { layout, values, replaced },
      state: { step, parameters, slots: part(prefixes.slot), objective },
      progress: progressOf(stored.metadata.get('progress'), file),
    };
  } finally {
    stored.close();
  }
}

function corrupt(file: string, problem: string): RlvrError {
  return new RlvrError('run/corrupt', `${file} cannot be continued from: ${problem}.`, { file });
}

function checkFormat({ metadata }: SafetensorsFile, file: string): void {
  if (metadata.get('format') !== 'rlvr-lab') throw corrupt(file, 'it is not a training state of this program');
  const version = metadata.get('version') ?? '1';
  if (version === FORMAT) return;
  throw corrupt(
    file,
    `its format is ${version}, and this version reads format ${FORMAT}, which also says what the adapter is made of. ` +
      'Continue with the version that wrote it, or start a new run',
  );
}

function checkParameters({ parameters }: PolicyLayout, values: ReadonlyMap<string, Float32Array>, file: string): void {
  const sizes = new Map(parameters.map(({ name, shape }) => [name, valueCount(shape)]));
  const missing = [...sizes].find(([name, size]) => values.get(name)?.length !== size)?.[0];
  if (missing !== undefined) throw corrupt(file, `the parameter "${missing}" is missing or of another size`);
  const foreign = [...values.keys()].find((name) => !sizes.has(name));
  if (foreign !== undefined) throw corrupt(file, `the parameter "${foreign}" is not one of its adapter's`);
}

function checkReplaced({ layers }: PolicyLayout, replaced: ReadonlyMap<string, Float32Array>, file: string): void {
  const sizes = new Map(layers.map(({ name, shape }) => [name, valueCount(shape)]));
  const wrong = [...replaced].find(([name, { length }]) => sizes.get(name) !== length)?.[0];
  if (wrong !== undefined) throw corrupt(file, `the weight in place of "${wrong}" is not of that layer's size`);
}

function objectiveState(text: string | undefined, file: string): Record<string, number> {
  const parsed = z.record(z.string(), z.number()).safeParse(jsonOf(text ?? '{}'));
  if (parsed.success) return parsed.data;
  throw corrupt(file, 'the objective’s state in it is not a list of numbers');
}

function progressOf(text: string | undefined, file: string): TrainingProgress {
  const parsed = trainingProgressSchema.safeParse(jsonOf(text ?? '{}'));
  if (parsed.success) return parsed.data;
  throw corrupt(file, 'what it says of the training’s progress cannot be understood');
}
