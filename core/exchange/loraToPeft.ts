import { z } from 'zod';
import type { PeftAdapter } from '../contracts/adapter.ts';
import { RlvrError } from '../errors.ts';
import { loraOptions } from '../lowrank/loraOptions.ts';
import { writeLora } from '../lowrank/loraPeft.ts';
import type { PlainLora } from './plainLora.ts';

/** Plain LoRA as PEFT saves it, on the original base. Each layer's scaling is in its B, so that PEFT's is 1 everywhere. */
export function loraToPeft({ layers }: PlainLora, baseModel: string): PeftAdapter {
  const r = Math.max(...layers.map(({ a }) => a.shape[0] ?? 1));
  const ranks = layers.flatMap(({ layer, a: { shape } }) => (shape[0] === r ? [] : [[layer.name, shape[0] ?? r]]));
  const pattern = Object.fromEntries(ranks.map(([name, rank]) => [String(name).replaceAll('.', '\\.'), rank]));
  const config = z.object(loraOptions).parse({
    r,
    lora_alpha: r,
    target_modules: layers.map(({ layer }) => layer.name),
    rank_pattern: pattern,
    alpha_pattern: pattern,
  });
  const parameters = layers.flatMap(({ layer, a, b, scaling }) => {
    const common = { trainable: true, layer, scaling: 1 } as const;
    const scaled = b.values.map((value) => value * scaling);
    return [
      { ...common, name: `${layer.name}.lora_A`, role: 'lora_A', shape: a.shape, values: a.values } as const,
      { ...common, name: `${layer.name}.lora_B`, role: 'lora_B', shape: b.shape, values: scaled } as const,
    ];
  });
  const adapter = writeLora(config, false, parameters, baseModel);
  if (adapter === undefined)
    throw new RlvrError('adapter/invalid', 'Plain LoRA could not be written as PEFT saves it.');
  return adapter;
}
