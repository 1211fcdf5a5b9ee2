import path from 'node:path';
import { RlvrError } from '../errors.ts';
import { openSafetensors } from '../model/safetensors.ts';
import { writeSafetensors, type SafetensorsTensor } from '../model/writeSafetensors.ts';
import type { LearnerState } from './learner.ts';
import type { Policy } from './policy.ts';

const fileName = 'state.safetensors';
const prefixes = { parameter: 'parameter/', slot: 'slot/', replaced: 'replaced/' } as const;

/** Writes everything that training changes to `state.safetensors`, with what stands in place of base weights. Exact: float32 as it is. */
export function writeTrainingState(folder: string, state: LearnerState, policy: Policy): void {
  const shapes = new Map(policy.parameters.map(({ name, shape }) => [name, shape]));
  const flat = (data: Float32Array): SafetensorsTensor => ({ dtype: 'F32', shape: [data.length], data });
  const tensors = new Map<string, SafetensorsTensor>([
    ...[...state.parameters].map(([name, data]): [string, SafetensorsTensor] => [
      prefixes.parameter + name,
      { dtype: 'F32', shape: shapes.get(name) ?? [data.length], data },
    ]),
    ...[...state.slots].map(([name, data]): [string, SafetensorsTensor] => [prefixes.slot + name, flat(data)]),
    ...[...policy.replaced].map(([name, data]): [string, SafetensorsTensor] => [
      prefixes.replaced + name,
      { dtype: 'F32', shape: policy.targets.get(name)?.shape ?? [data.length], data },
    ]),
  ]);
  writeSafetensors(path.join(folder, fileName), tensors, {
    format: 'rlvr-lab',
    step: String(state.step),
    objective: JSON.stringify(state.objective),
  });
}

/** Reads what `writeTrainingState` wrote. Throws `run/corrupt` where it does not belong to the policy. */
export function readTrainingState(folder: string, policy: Policy): LearnerState {
  const file = path.join(folder, fileName);
  const stored = openSafetensors(file);
  try {
    const step = Number(stored.metadata.get('step'));
    const part = (prefix: string): Map<string, Float32Array> =>
      new Map(
        stored.names
          .filter((name) => name.startsWith(prefix))
          .map((name) => [name.slice(prefix.length), Float32Array.from(stored.readFloat32(name))]),
      );
    const parameters = part(prefixes.parameter);
    const missing = policy.parameters.find(({ name, values }) => parameters.get(name)?.length !== values.length);
    if (missing !== undefined || !Number.isSafeInteger(step) || parameters.size !== policy.parameters.length) {
      throw new RlvrError(
        'run/corrupt',
        `${file} does not hold the state of this experiment's adapter` +
          `${missing === undefined ? '' : `: "${missing.name}" is missing or of another size`}.`,
        { file },
      );
    }
    return {
      step,
      parameters,
      slots: part(prefixes.slot),
      objective: objectiveState(stored.metadata.get('objective'), file),
    };
  } finally {
    stored.close();
  }
}

function objectiveState(text: string | undefined, file: string): Record<string, number> {
  const value: unknown = JSON.parse(text ?? '{}');
  if (
    typeof value !== 'object' ||
    value === null ||
    !Object.values(value).every((entry) => typeof entry === 'number')
  ) {
    throw new RlvrError('run/corrupt', `The objective's state in ${file} is not a list of numbers.`, { file });
  }
  return value as Record<string, number>;
}
