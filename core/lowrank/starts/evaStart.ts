import { RlvrError } from '../../errors.ts';
import type { LowRankFactors, StartContext } from './startContext.ts';

/**
 * EVA (arXiv 2410.07170): A is the first principal components of the layer's inputs, which `plan` found together with the ranks; B is zero.
 *
 * @throws RlvrError `adapter/invalid` where the plan was made without calibration
 */
export function evaStart({ shape: [out], rank, settings, layer }: StartContext): LowRankFactors {
  const { components } = settings;
  if (components !== undefined) return { a: components.slice(), b: new Float32Array(out * rank) };
  const message = `init_lora_weights "eva" needs activations of ${layer}; the ranks were planned without any.`;
  throw new RlvrError('adapter/invalid', message, { layer, kind: 'activations' });
}
