import type { PeftAdapter, StoredTensor } from '../contracts/adapter.ts';
import type { ParameterSpec } from '../contracts/parameter.ts';
import { isCopied } from './copiedModules.ts';
import { PEFT_PREFIX } from './peftFields.ts';
import { OUTPUT_HEAD } from './targets.ts';

/** Short names of the parameters that are trained beside a method: the part after the layer's name. */
export const copyNames = {
  weight: 'modules_to_save',
  weightBias: 'modules_to_save.bias',
  adaptedBias: 'base_layer.bias',
  otherBias: 'bias',
} as const;

/** Whether a parameter is trained beside its method. */
export function isCopyParameter({ name, layer }: Pick<ParameterSpec, 'name' | 'layer'>): boolean {
  return layer !== undefined && Object.values<string>(copyNames).includes(name.slice(layer.name.length + 1));
}

/** The tensors of copies under the names that PEFT saves them by. A tied copy is saved for the embedding and for the head. */
export function copiesForPeft(
  parameters: readonly (ParameterSpec & StoredTensor)[],
  isTied: boolean,
): ReadonlyMap<string, StoredTensor> {
  const entries = parameters.flatMap(({ name, layer, shape, values }): [string, StoredTensor][] => {
    const place = layer?.name ?? '';
    const short = name.slice(place.length + 1);
    const tensor = { shape, values };
    if (short === copyNames.weightBias) return [[`${PEFT_PREFIX}${place}.bias`, tensor]];
    if (short !== copyNames.weight) return [[`${PEFT_PREFIX}${name}`, tensor]];
    const isShared = isTied && layer?.kind === 'embedding';
    return [place, ...(isShared ? [OUTPUT_HEAD] : [])].map((own) => [`${PEFT_PREFIX}${own}.weight`, tensor]);
  });
  return new Map(entries);
}

/** An adapter's tensors, those of copies apart. */
export interface SplitTensors {
  readonly copies: ReadonlyMap<string, StoredTensor>;
  /** What is the method's own, by PEFT's names. */
  readonly own: PeftAdapter['tensors'];
}

/** The fields that are added to a method's configuration, as PEFT has them. */
export type TrainedCopiesConfig = Readonly<{
  modules_to_save?: readonly string[] | null | undefined;
  bias?: string | undefined;
  ensure_weight_tying?: boolean | undefined;
}>;

/** Tells copies, by the names of our parameters, from the tensors that the method itself has to read. */
export function splitPeftTensors(tensors: PeftAdapter['tensors'], choice: TrainedCopiesConfig): SplitTensors {
  const copies = new Map<string, StoredTensor>();
  const own = new Map<string, StoredTensor>();
  for (const [key, tensor] of tensors) {
    const name = key.startsWith(PEFT_PREFIX) ? key.slice(PEFT_PREFIX.length) : '';
    const copy = copyOf(name, choice);
    if (copy !== undefined) copies.set(copy, tensor);
    else if (!isRepeated(name, choice)) own.set(key, tensor);
  }
  return { copies, own };
}

/** The parameter that a tensor of PEFT's is the copy of. */
function copyOf(name: string, choice: TrainedCopiesConfig): string | undefined {
  const { modules_to_save, bias = 'none', ensure_weight_tying: isTied } = choice;
  const names = modules_to_save ?? [];
  const [, module = '', kind] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (kind === undefined || isRepeated(name, choice)) return undefined;
  const isEmbeddingOfHead = isTied === true && isCopied(names, OUTPUT_HEAD) && module.endsWith('embed_tokens');
  if (isEmbeddingOfHead || isCopied(names, module))
    return `${module}.${kind === 'weight' ? copyNames.weight : copyNames.weightBias}`;
  const isTrainedBias = kind === 'bias' && (bias === 'all' || (bias !== 'none' && module.endsWith('.base_layer')));
  return isTrainedBias ? name : undefined;
}

/** Whether a tensor only repeats another one: the head's of a tied model, or a bias inside the wrapper of a copied module. */
function isRepeated(name: string, { bias, ensure_weight_tying: isTied }: TrainedCopiesConfig): boolean {
  if (isTied === true && name === `${OUTPUT_HEAD}.weight`) return true;
  return bias === 'all' && /\.(original_module|modules_to_save)\.bias$/.test(name);
}
