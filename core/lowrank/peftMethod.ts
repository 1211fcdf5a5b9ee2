import { z } from 'zod';
import type { PeftAdapter, PeftImport, PeftRefusal, StoredTensor } from '../contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import { commonFields, isUnset, PEFT_PREFIX, sorted, targetFields } from './peftFields.ts';
import type { TargetOptions } from './targets.ts';

/** How PEFT stores a method. */
export interface PeftMethod {
  /** Its `peft_type`. */
  readonly type: string;
  /** Fields of PEFT's config class that the method has no option for, at PEFT's defaults. A file that sets another value is refused. */
  readonly fixed: Readonly<Record<string, unknown>>;
  /** Fields that do not change what is computed: written as they are here, read whatever they hold. */
  readonly idle?: Readonly<Record<string, unknown>>;
  /** Options on layers that the config class has beside `target_modules`. */
  readonly targetOptions: readonly Exclude<keyof TargetOptions, 'target_modules'>[];
  /** Ends of our parameters' names and what PEFT has in their place. Parameters with another end are not stored. */
  readonly endings: Readonly<Record<string, string>>;
  /** Our names of tensors that layers share and PEFT's whole names. */
  readonly shared?: Readonly<Record<string, string>>;
}

type Stored = ParameterSpec & StoredTensor;
type Fields = Readonly<Record<string, unknown>>;

function targetsOf(parameters: readonly Stored[]): readonly TargetLayer[] {
  const layers = parameters.flatMap(({ layer }) => (layer === undefined ? [] : [[layer.name, layer] as const]));
  return [...new Map(layers).values()];
}

/** The options on layers as the config class can say them: by full names where it lacks one of those that are used. */
function layerFields(method: PeftMethod, options: TargetOptions, targets: readonly TargetLayer[]): Fields {
  const { target_modules: _target, ...others } = options;
  const used = (['exclude_modules', 'layers_to_transform', 'layers_pattern'] as const).filter(
    (name) => others[name] !== undefined && others[name] !== null,
  );
  const canSay = used.every((name) => method.targetOptions.includes(name));
  const said = targetFields(canSay ? options : { target_modules: targets.map(({ name }) => name) }, targets);
  return Object.fromEntries(
    ['target_modules' as const, ...method.targetOptions].map((name) => [name, said[name]] as const),
  );
}

function peftName({ endings, shared = {} }: PeftMethod, name: string): string | undefined {
  if (shared[name] !== undefined) return shared[name];
  const own = Object.keys(endings).find((ending) => name.endsWith(ending));
  return own === undefined ? undefined : `${PEFT_PREFIX}${name.slice(0, -own.length)}${endings[own]}`;
}

function ourName({ endings, shared = {} }: PeftMethod, name: string): string | undefined {
  const sharedName = Object.keys(shared).find((own) => shared[own] === name);
  if (sharedName !== undefined) return sharedName;
  const found = Object.entries(endings).find(([, ending]) => name.endsWith(ending));
  if (found === undefined || !name.startsWith(PEFT_PREFIX)) return undefined;
  return `${name.slice(PEFT_PREFIX.length, -found[1].length)}${found[0]}`;
}

/** An adapter as PEFT saves it. `own` are the fields that the method has options for. */
export function writePeft(
  method: PeftMethod,
  own: Fields,
  options: TargetOptions,
  parameters: readonly Stored[],
  baseModel: string,
): PeftAdapter {
  const tensors = parameters.flatMap(({ name, shape, values }): [string, StoredTensor][] => {
    const stored = peftName(method, name);
    return stored === undefined ? [] : [[stored, { shape, values }]];
  });
  return {
    config: sorted({
      ...commonFields(method.type, baseModel),
      ...method.fixed,
      ...method.idle,
      ...layerFields(method, options, targetsOf(parameters)),
      ...own,
    }),
    tensors: new Map(tensors),
  };
}

/** The first field that means something this method does not have. */
function foreignField(method: PeftMethod, config: Fields, own: Fields): string | undefined {
  const common = commonFields(method.type, '');
  return Object.keys(config).find((name) => {
    if (name in own || name in common || name in (method.idle ?? {})) return false;
    return !isUnset(config[name]) && JSON.stringify(config[name]) !== JSON.stringify(method.fixed[name]);
  });
}

/** Reads what PEFT saved of a method with the options of `schema`, or says why it is not this method's. */
export function readPeft<Schema extends z.ZodObject>(
  method: PeftMethod,
  schema: Schema,
  { config, tensors }: PeftAdapter,
): PeftImport<z.output<Schema>> | PeftRefusal {
  if (config['peft_type'] !== method.type) {
    return { refused: `its peft_type is ${JSON.stringify(config['peft_type'])}` };
  }
  const foreign = foreignField(method, config, schema.shape);
  if (foreign !== undefined) {
    return { refused: `it sets "${foreign}" to ${JSON.stringify(config[foreign])}, which this method does not have` };
  }
  const parameters = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    const own = ourName(method, name);
    if (own === undefined) return { refused: `it holds a tensor "${name}", which is not one of ${method.type}'s` };
    parameters.set(own, tensor);
  }
  const fields = Object.entries(config).filter(
    ([name, value]) => name in schema.shape && value !== null && value !== undefined,
  );
  const parsed = schema.safeParse(Object.fromEntries(fields));
  return parsed.success
    ? { config: parsed.data, parameters }
    : { refused: `adapter_config.json does not fit: ${z.prettifyError(parsed.error)}` };
}
