import type { Adapter, PeftAdapter } from '../contracts/adapter.ts';
import { RlvrError } from '../errors.ts';
import type { TrainedAdapter } from './adapterSource.ts';

/**
 * An adapter of PEFT's as the method means it that reads it: every method is asked.
 *
 * @throws RlvrError `adapter/invalid` with what each method has against it
 */
export function importedAdapter(folder: string, peft: PeftAdapter, adapters: readonly Adapter[]): TrainedAdapter {
  const refusals: string[] = [];
  for (const adapter of adapters) {
    const read = adapter.fromPeft(peft);
    if (!('refused' in read)) {
      return {
        adapter,
        config: read.config,
        seed: 0,
        parameters: read.parameters,
        replaced: new Map(),
        origin: folder,
      };
    }
    refusals.push(`${adapter.id}: ${read.refused}`);
  }
  const message = `No method reads the adapter in ${folder}. ${refusals.join('; ')}.`;
  throw new RlvrError('adapter/invalid', message, { path: folder, refusals });
}
