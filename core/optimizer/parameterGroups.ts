import { z } from 'zod';
import type { ParameterRole, ParameterSpec } from '../contracts/parameter.ts';

const roles = [
  'weight',
  'bias',
  'norm',
  'embedding',
  'lora_A',
  'lora_B',
  'lora_E',
  'magnitude',
  'vector',
  'matrix',
] as const satisfies readonly ParameterRole[];

/** Which parameters something is for. */
export const selectionOptions = {
  roles: z
    .array(z.enum(roles))
    .min(1)
    .optional()
    .describe('What the parameters are to their method; any when left out'),
  modules: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Last part of the layer’s name, such as q_proj; any when left out'),
};

const groupSchema = z.strictObject({
  ...selectionOptions,
  learning_rate_scale: z.number().min(0).default(1).describe('Times the learning rate of the step'),
  weight_decay: z.number().min(0).optional().describe('Instead of the optimizer’s own'),
});

/** Options that every optimizer has. */
export const groupOptions = {
  weight_decay: z.number().min(0).default(0),
  groups: z
    .array(groupSchema)
    .default([{ roles: ['bias', 'norm'], learning_rate_scale: 1, weight_decay: 0 }])
    .describe(
      'Parameters with settings of their own; the first group that fits counts. By default biases and norms do not decay',
    ),
};

/** Options that every optimizer has, after validation. */
export type GroupOptions = z.output<z.ZodObject<typeof groupOptions>>;

/** What a parameter's group says about it. */
export interface GroupSettings {
  readonly learningRateScale: number;
  readonly weightDecay: number;
}

/** Whether a parameter has one of the roles and lies in one of the modules. */
export function isSelected(
  { roles: named, modules }: z.output<z.ZodObject<typeof selectionOptions>>,
  { role, layer }: ParameterSpec,
): boolean {
  return (
    (named === undefined || named.includes(role)) &&
    (modules === undefined || (layer !== undefined && modules.includes(layer.module)))
  );
}

/** The settings of the first group that names the parameter's role and module. */
export function settingsOf(options: GroupOptions, parameter: ParameterSpec): GroupSettings {
  const group = options.groups.find((each) => isSelected(each, parameter));
  return {
    learningRateScale: group?.learning_rate_scale ?? 1,
    weightDecay: group?.weight_decay ?? options.weight_decay,
  };
}

/** One value for each distinct key, made when first asked for: scalars that parameters of equal settings share in a graph. */
export function oncePer<Value>(make: (key: number) => Value): (key: number) => Value {
  const made = new Map<number, Value>();
  return (key) => {
    const found = made.get(key) ?? make(key);
    made.set(key, found);
    return found;
  };
}
