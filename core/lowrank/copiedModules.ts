import type { TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { OUTPUT_HEAD } from './targets.ts';

/** A layer's name and those of the modules around it, from the layer outwards. */
function withContainers(layer: string): readonly string[] {
  const parts = layer.split('.');
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('.'));
}

/**
 * Whether `modules_to_save` means this layer. PEFT compares endings without regard to dots, so that `norm` also means `input_layernorm`,
 * and copies a module whole with all that lies in it.
 */
export function isCopied(names: readonly string[], layer: string): boolean {
  return withContainers(layer).some((module) => names.some((name) => module.endsWith(name)));
}

/** Whether a name of `modules_to_save` keeps the method off this layer: here PEFT compares whole parts of names. */
export function isKeptOff(names: readonly string[], layer: string): boolean {
  return withContainers(layer).some((module) => names.some((name) => module === name || module.endsWith(`.${name}`)));
}

/** Names of `modules_to_save` that mean none of these layers. */
export function unmatchedNames(names: readonly string[], layers: readonly TargetLayer[]): readonly string[] {
  return names.filter((name) => !layers.some((layer) => isCopied([name], layer.name)));
}

/** What is asked of the copies of a model's embedding and output head. */
export interface TyingChoice {
  readonly names: readonly string[];
  /** PEFT's `ensure_weight_tying`; undefined where the method has no such option. */
  readonly ensured: boolean | undefined;
}

/**
 * The names with the output head replaced by the embedding that stands for it in a model whose two are tied.
 *
 * @throws RlvrError `adapter/invalid` where a copy would untie them, or where there is nothing to tie
 */
export function tiedNames({ names, ensured }: TyingChoice, layers: readonly TargetLayer[]): readonly string[] {
  const embedding = layers.find(({ kind }) => kind === 'embedding')?.name;
  const isTied = embedding !== undefined && !layers.some(({ name }) => name === OUTPUT_HEAD);
  if (!isTied) {
    if (ensured !== true || names.length === 0) return names;
    const message = 'ensure_weight_tying has nothing to tie: the model has an output head of its own. Set it to false.';
    throw new RlvrError('adapter/invalid', message, { ensure_weight_tying: true });
  }
  const copied = [embedding, OUTPUT_HEAD].filter((name) => isCopied(names, name));
  if (copied.length === 0) return names;
  if (ensured === true) return [...names, embedding];
  const choice =
    ensured === undefined
      ? `Leave it out of modules_to_save`
      : `Set ensure_weight_tying to true to train one copy for both`;
  throw new RlvrError(
    'adapter/invalid',
    `modules_to_save names ${copied.join(' and ')}, but this model has one tensor for ${embedding} and ${OUTPUT_HEAD} ` +
      `(tie_word_embeddings). A copy of one would leave the other behind: the model would no longer be tied. ${choice}, or use a ` +
      'model that is not tied.',
    { modules: copied, ensure_weight_tying: ensured ?? false },
  );
}
