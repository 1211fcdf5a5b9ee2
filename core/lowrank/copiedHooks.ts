import type { AdapterHooks } from '../contracts/adapter.ts';
import { isCopiedLayer, ownPlan, ownTensors, type LayerWithCopies, type OwnLayer } from './copiedLayers.ts';

/** Only the layers that the method adapts. */
function own<LayerOptions, Layer extends { readonly options: LayerWithCopies<LayerOptions> }>(
  layers: readonly Layer[],
): readonly (Layer & { readonly options: OwnLayer<LayerOptions> })[] {
  return layers.filter(
    (layer): layer is Layer & { readonly options: OwnLayer<LayerOptions> } => !isCopiedLayer(layer.options),
  );
}

/** A method's hooks, which see none of the layers that are trained beside it. */
export function hooksOfOwnLayers<Config, LayerOptions>(
  hooks: AdapterHooks<Config, LayerOptions>,
): AdapterHooks<Config, LayerWithCopies<LayerOptions>> {
  const { state, scalars, penalty, transformGradients, afterStep } = hooks;
  return {
    ...(state === undefined ? {} : { state: (config, plan) => state(config, ownPlan(plan)) }),
    ...(scalars === undefined
      ? {}
      : { scalars: (config, plan, step, total) => scalars(config, ownPlan(plan), step, total) }),
    ...(penalty === undefined
      ? {}
      : {
          penalty: (config, layers) => penalty(config, own<LayerOptions, (typeof layers)[0]>(layers).map(ownTensors)),
        }),
    ...(transformGradients === undefined
      ? {}
      : { transformGradients: (config, layers) => transformGradients(config, own(layers)) }),
    ...(afterStep === undefined
      ? {}
      : { afterStep: (config, layers, numbers) => afterStep(config, own(layers), numbers) }),
  };
}
