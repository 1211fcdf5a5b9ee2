import path from 'node:path';
import type { StoredTensor } from '../contracts/adapter.ts';
import { openSafetensors } from '../model/safetensors.ts';
import type { TrainedAdapter } from './adapterSource.ts';

/** What a run trained: its adapter, at the start or as a checkpoint holds it. */
export function runAdapter(
  method: Pick<TrainedAdapter, 'adapter' | 'config' | 'seed'>,
  checkpointFolder: string | undefined,
): TrainedAdapter {
  if (checkpointFolder === undefined) {
    return { ...method, parameters: new Map(), replaced: new Map(), origin: 'the start of the run' };
  }
  const file = path.join(checkpointFolder, 'state.safetensors');
  const stored = openSafetensors(file);
  try {
    const part = (prefix: string): readonly (readonly [string, StoredTensor])[] =>
      stored.names
        .filter((name) => name.startsWith(prefix))
        .map((name) => [
          name.slice(prefix.length),
          { shape: stored.info(name).shape, values: stored.readFloat32(name) },
        ]);
    return {
      ...method,
      parameters: new Map(part('parameter/')),
      replaced: new Map(part('replaced/').map(([name, { values }]) => [name, values])),
      origin: file,
    };
  } finally {
    stored.close();
  }
}
