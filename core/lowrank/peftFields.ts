import type { TargetLayer } from '../contracts/parameter.ts';
import type { TargetOptions } from './targets.ts';

/** The release of PEFT whose configuration classes names, fields and defaults are taken from. */
const PEFT_VERSION = '0.21.2';

/** What PEFT puts before the name of a module of a causal language model. */
export const PEFT_PREFIX = 'base_model.model.';

/* eslint-disable no-restricted-syntax -- PEFT's file writes null where an option is not set */

/** The fields of every adapter_config.json. */
export function commonFields(peftType: string, baseModel: string): Readonly<Record<string, unknown>> {
  return {
    auto_mapping: null,
    base_model_name_or_path: baseModel,
    inference_mode: true,
    peft_type: peftType,
    peft_version: PEFT_VERSION,
    revision: null,
    task_type: 'CAUSAL_LM',
  };
}

/** A list of names as PEFT writes its sets, or a regular expression as it is. */
export function listOrPattern(given: string | readonly string[] | null | undefined): unknown {
  if (given === undefined || given === null) return null;
  return typeof given === 'string' ? given : [...given].sort();
}

/** The options that say which layers are adapted. "all-linear" becomes the names of those layers, as in PEFT. */
export function targetFields(
  options: TargetOptions,
  targets: readonly TargetLayer[],
): Readonly<Record<string, unknown>> {
  const { target_modules: target, layers_to_transform: blocks } = options;
  const isAll = typeof target === 'string' && target.toLowerCase() === 'all-linear';
  return {
    exclude_modules: listOrPattern(options.exclude_modules),
    layers_pattern: options.layers_pattern ?? null,
    layers_to_transform: blocks ?? null,
    target_modules: listOrPattern(isAll ? targets.map(({ name }) => name) : target),
  };
}
/* eslint-enable no-restricted-syntax */

/** Fields in the order in which PEFT writes them. */
export function sorted(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a field holds nothing: PEFT has many that are null, false or empty where an option is not used. */
export function isUnset(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0);
}
