import type { TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { LM_HEAD } from '../model/decoderParameters.ts';
import { packedSizeNames } from '../model/packing.ts';
import { randomStream } from '../tensor/random.ts';
import { tf } from '../tensor/tf.ts';
import type { InputSpec } from '../tensor/trace.ts';
import { dropoutMask } from './dropoutMask.ts';
import type { Dropout, Policy } from './policy.ts';

/** Rates by layer, as tracing the training graph has found them. */
export type DropoutRates = Map<string, number>;

const prefix = 'dropout.';

/** Whether the policy's training drops inputs, so that it is another policy than the one that samples. */
export function dropsInputs({ adapter, adapterConfig }: Policy): boolean {
  return adapter.usesDropout?.(adapterConfig) === true;
}

/** How many rows a layer's input has: the output head sees only what predicts a completion token. */
function rowsOf({ name }: TargetLayer): string {
  return `${name}.weight` === LM_HEAD ? packedSizeNames.completionTokens : packedSizeNames.tokens;
}

function linearLayers({ targets }: Policy): readonly TargetLayer[] {
  return [...targets.values()].filter(({ kind }) => kind === 'linear');
}

/** Inputs of the training graph for masks: true where an input stays. Those of layers that drop nothing are cut from the graph. */
export function dropoutInputs(policy: Policy): Readonly<Record<string, InputSpec>> {
  if (!dropsInputs(policy)) return {};
  return Object.fromEntries(
    linearLayers(policy).map((layer) => [
      prefix + layer.name,
      { shape: [rowsOf(layer), layer.shape[1] ?? 0], dtype: 'bool' },
    ]),
  );
}

/**
 * Inverted dropout by the masks that a training graph is fed: x * mask / (1 - rate). One mask for each layer and micro-batch.
 * Tells `rates` what it was asked for.
 */
export function maskedDropout(
  { adapter }: Policy,
  tensors: Readonly<Record<string, tf.Tensor>>,
  rates: DropoutRates,
): Dropout {
  return (layer, x, rate) => {
    if (rate === 0) return x;
    const refuse = (problem: string): RlvrError =>
      new RlvrError('adapter/invalid', `The adapter "${adapter.id}" ${problem} (${layer.name}).`, {
        adapter: adapter.id,
        layer: layer.name,
        rate,
      });
    const mask = tensors[prefix + layer.name];
    if (mask === undefined) throw refuse(`drops inputs at a rate of ${rate}, although its usesDropout does not say so`);
    if (!(rate > 0 && rate < 1)) throw refuse(`drops inputs at a rate of ${rate}; expected one from 0 to below 1`);
    if ((rates.get(layer.name) ?? rate) !== rate) throw refuse('drops inputs of a layer at two rates; expected one');
    if (x.shape[1] !== layer.shape[1]) {
      throw refuse(`drops values of ${x.shape[1]} features; expected the layer's ${layer.shape[1]} inputs`);
    }
    rates.set(layer.name, rate);
    return tf.mul<tf.Tensor2D>(x, tf.mul(tf.cast(mask, 'float32'), 1 / (1 - rate)));
  };
}

/** Which micro-batch of which step of which run a mask is for; its random numbers depend on nothing else. */
export interface DropoutMoment {
  readonly seed: number;
  readonly step: number;
  readonly batch: number;
}

/** Masks for the layers that drop inputs, each value kept with probability 1 - rate. */
export function dropoutFeeds(
  { targets }: Policy,
  rates: DropoutRates,
  sizes: Readonly<Record<string, number>>,
  { seed, step, batch }: DropoutMoment,
): Readonly<Record<string, Uint8Array>> {
  const feeds = [...rates].map(([name, rate]): [string, Uint8Array] => {
    const layer = targets.get(name) as TargetLayer;
    const count = (sizes[rowsOf(layer)] ?? 0) * (layer.shape[1] ?? 0);
    return [prefix + name, dropoutMask(count, rate, randomStream(seed, 'dropout', step, batch, name))];
  });
  return Object.fromEntries(feeds);
}
