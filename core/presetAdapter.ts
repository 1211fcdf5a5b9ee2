import { z } from 'zod';
import type { Adapter } from './contracts/adapter.ts';
import type { Preset } from './contracts/preset.ts';
import { RlvrError } from './errors.ts';

/** The adapter that a preset stands for. Adapters of PEFT's are read by the adapter it is made of, not by the preset. */
export function presetAdapter(preset: Preset, adapters: readonly Adapter[]): Adapter {
  const { adapter: id, config: fields, changesBaseWeight = false, ...description } = preset;
  const adapter = adapters.find((candidate) => candidate.id === id);
  if (!(adapter?.config instanceof z.ZodObject)) {
    const message = `The preset "${preset.id}" is made of "${id}", which is not an adapter with options.`;
    throw new RlvrError('config/unknown-plugin', message, { preset: preset.id, adapter: id });
  }
  const { examples: _examples, peftType: _peftType, loraForm, ...inherited } = adapter;
  return {
    ...inherited,
    ...(loraForm === undefined || changesBaseWeight ? {} : { loraForm }),
    ...description,
    config: adapter.config.safeExtend(fields),
    fromPeft: () => ({ refused: `"${id}" reads what PEFT saved of this method` }),
  };
}
