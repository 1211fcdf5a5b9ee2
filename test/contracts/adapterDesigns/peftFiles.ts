import type { PeftAdapter, StoredTensor } from '../../../core/contracts/adapter.ts';
import type { ParameterSpec } from '../../../core/contracts/parameter.ts';

const prefix = 'base_model.model.';

type Stored = ParameterSpec & StoredTensor;

/** How a method's tensors are called in PEFT's file, after `base_model.model.`: ours and PEFT's ending. */
export type Endings = Readonly<Record<string, string>>;

/** An adapter as PEFT lays it out, with those fields of its configuration that a design is about. */
export function writePeft(
  type: string,
  fields: Readonly<Record<string, unknown>>,
  parameters: readonly Stored[],
  endings: Endings,
): PeftAdapter {
  const tensors = parameters.flatMap(({ name, shape, values }) => {
    const found = Object.entries(endings).find(([own]) => name.endsWith(own));
    if (found === undefined) return [];
    const [own, ending] = found;
    return [[`${prefix}${name.slice(0, -own.length)}${ending}`, { shape, values }] as const];
  });
  return { config: { peft_type: type, ...fields }, tensors: new Map(tensors) };
}

/** The fields and tensors of such an adapter; undefined where it is of another type. */
export function readPeft(
  { config, tensors }: PeftAdapter,
  type: string,
  endings: Endings,
): { readonly fields: Readonly<Record<string, unknown>>; readonly parameters: Map<string, StoredTensor> } | undefined {
  const { peft_type: given, ...fields } = config;
  if (given !== type) return undefined;
  const parameters = [...tensors].flatMap(([name, tensor]) => {
    const found = Object.entries(endings).find(([, ending]) => name.endsWith(ending));
    if (found === undefined) return [];
    const [own, ending] = found;
    return [[`${name.slice(prefix.length, -ending.length)}${own}`, tensor] as const];
  });
  return { fields, parameters: new Map(parameters) };
}

/** What a design says of an adapter that is not of its type. */
export const anotherMethod = { refused: 'it is of another method' } as const;

/** A layer's parameters of one kind, paired with those of another: `lora_A` with `lora_B`. */
export function pairs(
  parameters: readonly Stored[],
  first: string,
  second: string,
): readonly (readonly [Stored, Stored])[] {
  return parameters.flatMap((parameter) => {
    if (!parameter.name.endsWith(first)) return [];
    const partner = parameters.find(({ name }) => name === parameter.name.slice(0, -first.length) + second);
    return partner === undefined ? [] : [[parameter, partner] as const];
  });
}
