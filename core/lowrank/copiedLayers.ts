import type { AdapterPlan, AttachContext, LayerTensors, MergedLayer } from '../contracts/adapter.ts';
import type { InitialParameter, ParameterRole, ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import type { tf } from '../tensor/tf.ts';
import { copyNames } from './copiesInPeft.ts';

/** A layer that is not the method's: its weight and bias are trained, or its bias alone. */
export interface CopiedLayer {
  readonly trainedCopy: 'module' | 'bias';
}

/** A layer of the method's, whose bias may be trained beside it. */
export type OwnLayer<LayerOptions> = LayerOptions & { readonly trainsBias?: true };

/** Options of any layer of an adapter that trains more than its method. */
export type LayerWithCopies<LayerOptions> = OwnLayer<LayerOptions> | CopiedLayer;

/** Whether a layer is there only because its weight or bias is trained. */
export function isCopiedLayer(options: unknown): options is CopiedLayer {
  return typeof options === 'object' && options !== null && 'trainedCopy' in options;
}

const roles: Readonly<Record<TargetLayer['kind'], ParameterRole>> = {
  linear: 'weight',
  norm: 'norm',
  embedding: 'embedding',
};

function biasSpec(layer: TargetLayer, short: string): ParameterSpec {
  const shape = layer.shape.slice(0, 1);
  return { name: `${layer.name}.${short}`, role: 'bias', shape, trainable: true, layer, scaling: 1 };
}

/** What is trained of a layer that is not the method's. */
export function copySpecs(layer: TargetLayer, { trainedCopy }: CopiedLayer): readonly ParameterSpec[] {
  if (trainedCopy === 'bias') return [biasSpec(layer, copyNames.otherBias)];
  const name = `${layer.name}.${copyNames.weight}`;
  const weight = { name, role: roles[layer.kind], shape: layer.shape, trainable: true, layer, scaling: 1 };
  return layer.hasBias ? [weight, biasSpec(layer, copyNames.weightBias)] : [weight];
}

/** What is trained of a layer of the method's beside the method. */
export function ownBiasSpecs<LayerOptions>(
  layer: TargetLayer,
  { trainsBias }: OwnLayer<LayerOptions>,
): readonly ParameterSpec[] {
  return trainsBias === true ? [biasSpec(layer, copyNames.adaptedBias)] : [];
}

/** Copies start at the base's values. */
export function withBaseValues(
  specs: readonly ParameterSpec[],
  { weight, bias }: Pick<AttachContext<unknown>, 'weight' | 'bias'>,
): InitialParameter[] {
  return specs.map((spec) => {
    const values = spec.role === 'bias' ? bias : weight;
    if (values !== undefined) return { ...spec, values: values.slice() };
    const message = `${spec.name} is to be trained, but the base's values were not given.`;
    throw new RlvrError('training/invariant', message, { parameter: spec.name });
  });
}

/** Weight and bias of a layer that is not the method's. */
export function copiedTensors(layer: LayerTensors<unknown>, { trainedCopy }: CopiedLayer): MergedLayer {
  const isModule = trainedCopy === 'module';
  const bias = isModule ? copyNames.weightBias : copyNames.otherBias;
  return {
    weight: isModule ? layer.parameter(copyNames.weight) : layer.weight,
    ...(layer.layer.hasBias ? { bias: layer.parameter(bias) as tf.Tensor1D } : {}),
  };
}

/** The method's view of a layer of its own: the trained bias in place of the base's. */
export function ownTensors<LayerOptions>(layer: LayerTensors<OwnLayer<LayerOptions>>): LayerTensors<LayerOptions> {
  const { trainsBias } = layer.options;
  return trainsBias === true ? { ...layer, bias: layer.parameter(copyNames.adaptedBias) as tf.Tensor1D } : layer;
}

/** The plan as the method made it: its own layers alone. */
export function ownPlan<LayerOptions>(plan: AdapterPlan<LayerWithCopies<LayerOptions>>): AdapterPlan<LayerOptions> {
  const own = [...plan.layers].flatMap(([name, options]) =>
    isCopiedLayer(options) ? [] : ([[name, options]] as const),
  );
  return { layers: new Map(own), shared: plan.shared };
}
