import type { Adapter } from '../../../core/contracts/adapter.ts';
import { lora } from '../../../plugins/adapters/lora.ts';

/** A parameter as PEFT lists it. */
export interface PeftParameter {
  readonly name: string;
  readonly kind: 'trainable' | 'frozen';
  readonly shape: readonly number[];
  readonly saved_as: string | null;
}

/** What `peft/layers/CASE.json` and `peft/models/CASE/expected.json` have in common. */
export interface PeftCase {
  readonly name: string;
  readonly method: string;
  readonly trainable: number;
  readonly parameters: readonly PeftParameter[];
}

/** Fields that say nothing about what the adapter computes. */
const bookkeeping = new Set([
  'peft_type',
  'peft_version',
  'base_model_name_or_path',
  'inference_mode',
  'task_type',
  'megatron_core',
  'qalora_group_size',
]);

const own = [
  'r',
  'lora_alpha',
  'lora_dropout',
  'target_modules',
  'exclude_modules',
  'layers_to_transform',
  'layers_pattern',
  'use_rslora',
  'init_lora_weights',
  'bias',
  'rank_pattern',
  'alpha_pattern',
];

function isUnset(value: unknown): boolean {
  return value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** A configuration of PEFT's as ours, or why there is none. */
export function configOf(
  peft: Readonly<Record<string, unknown>>,
): { readonly config: ReturnType<typeof lora.config.parse> } | { readonly reason: string } {
  if (peft['peft_type'] !== 'LORA') return { reason: `there is no adapter for ${String(peft['peft_type'])}` };
  const unknown = Object.entries(peft).find(
    ([key, value]) => !bookkeeping.has(key) && !own.includes(key) && !isUnset(value),
  );
  if (unknown !== undefined) return { reason: `${unknown[0]}: ${JSON.stringify(unknown[1])} is not supported` };
  const parsed = lora.config.safeParse(Object.fromEntries(own.map((key) => [key, peft[key]])));
  return parsed.success
    ? { config: parsed.data }
    : { reason: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') };
}

/** Names of a plan's parameters as PEFT has them, with their shapes. */
export function expectedShapes(entry: PeftCase): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(entry.parameters.map(({ name, shape }) => [name, shape]));
}

/** The LoRA plugin with the type of its configuration forgotten, as the catalog has it. */
export const loraAdapter: Adapter = lora;
