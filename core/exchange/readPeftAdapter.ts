import type { Adapter, PeftAdapter, PeftImport } from '../contracts/adapter.ts';
import { RlvrError } from '../errors.ts';

/** An adapter of PEFT's, and the method that reads it. */
export interface ReadAdapter extends PeftImport<unknown> {
  readonly adapter: Adapter;
}

/**
 * What an adapter of PEFT's means here. Several methods share a type of PEFT's, so each that has it is asked. `folder` names it in
 * messages.
 *
 * @throws RlvrError `adapter/invalid` for a type that no method reads, naming those that are, or with what each method has against it
 */
export function readPeftAdapter(folder: string, peft: PeftAdapter, adapters: readonly Adapter[]): ReadAdapter {
  const { peft_type: type } = peft.config;
  const types = [...new Set(adapters.flatMap(({ peftType }) => peftType ?? []))].sort();
  const asked = adapters.filter(({ peftType }) => peftType === type);
  if (asked.length === 0) {
    const found = type === undefined ? 'has no peft_type' : `has the peft_type ${JSON.stringify(type)}`;
    const message = `The adapter in ${folder} ${found}, which no method here reads. Those that are read: ${types.join(', ')}.`;
    throw new RlvrError('adapter/invalid', message, { path: folder, peftType: type, choices: types });
  }
  const refusals: string[] = [];
  for (const adapter of asked) {
    const read = adapter.fromPeft(peft);
    if (!('refused' in read)) return { adapter, ...read };
    refusals.push(asked.length === 1 ? read.refused : `${adapter.id}: ${read.refused}`);
  }
  throw new RlvrError('adapter/invalid', `The adapter in ${folder} cannot be read: ${refusals.join('; ')}.`, {
    path: folder,
    refusals,
  });
}
