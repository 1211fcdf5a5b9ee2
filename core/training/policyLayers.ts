import { RlvrError } from '../errors.ts';
import { baseLayers, weightPrefix } from '../model/baseLayers.ts';
import type { DecoderLayers } from '../model/decoder.ts';
import { EMBEDDING, LM_HEAD } from '../model/decoderParameters.ts';
import { compile, type CompiledGraph } from '../tensor/compile.ts';
import { linear } from '../tensor/ops/linear.ts';
import type { tf } from '../tensor/tf.ts';
import { layerTensors, policyInputs, policyPrefixes, type Policy, keepAll, type Dropout } from './policy.ts';
import type { MergedLayer } from '../contracts/adapter.ts';
import type { TargetLayer } from '../contracts/parameter.ts';

/** Tensors of a graph by input name. */
type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Looks up an adapter's parameter by its full name. */
export type ParameterLookup = (name: string) => tf.Tensor;

/** The parameters as the graph was fed them. */
export function fedParameters(tensors: Tensors): ParameterLookup {
  return (name) => {
    const tensor = tensors[policyPrefixes.parameter + name];
    if (tensor === undefined)
      throw new RlvrError('tensor/trace', `The adapter asks for a parameter "${name}" that it did not declare.`, {
        name,
      });
    return tensor;
  };
}

/** The decoder's layers with the adapter in place. Gradients flow to what `parameter` looks up; only training drops inputs. */
export function policyLayers(
  policy: Policy,
  tensors: Tensors,
  parameter: ParameterLookup,
  dropout: Dropout = keepAll,
): DecoderLayers {
  const base = baseLayers(policy.config, (name) => tensors[weightPrefix + name] as tf.Tensor);
  const merge = (name: string): MergedLayer | undefined => {
    const layer = policy.targets.get(name);
    return layer === undefined ? undefined : policy.adapter.merged(layerTensors(policy, layer, tensors, parameter));
  };
  const adapted = (layer: TargetLayer, x: tf.Tensor2D): tf.Tensor2D => {
    const own = layerTensors(policy, layer, tensors, parameter, dropout);
    if (policy.adapter.forward !== undefined) return policy.adapter.forward(own, x);
    const { weight, bias } = policy.adapter.merged(own);
    return linear(x, weight as tf.Tensor2D, bias);
  };
  const embeddingName = EMBEDDING.replace('.weight', '');
  const head = policy.config.tiedEmbeddings ? undefined : policy.targets.get(LM_HEAD.replace('.weight', ''));
  return {
    linear: (name, x) => {
      const layer = policy.targets.get(name);
      return layer === undefined ? base.linear(name, x) : adapted(layer, x);
    },
    norm: (name) => (merge(name)?.weight ?? base.norm(name)) as tf.Tensor1D,
    embedding: () => (merge(embeddingName)?.weight ?? base.embedding()) as tf.Tensor2D,
    logits: (hidden) => {
      if (head !== undefined) return adapted(head, hidden);
      const merged = policy.config.tiedEmbeddings ? merge(embeddingName) : undefined;
      return merged === undefined ? base.logits(hidden) : linear(hidden, merged.weight as tf.Tensor2D, merged.bias);
    },
  };
}

/** A graph that folds the adapter into the weights: gives the weight (and bias) of each adapted layer by its Hugging Face name. */
export function compileMerge(policy: Policy): Promise<CompiledGraph> {
  return compile(policyInputs(policy), (tensors) => {
    const outputs: Record<string, tf.Tensor> = {};
    for (const layer of policy.targets.values()) {
      const merged = policy.adapter.merged(layerTensors(policy, layer, tensors, fedParameters(tensors)));
      outputs[`${layer.name}.weight`] = merged.weight;
      if (merged.bias !== undefined) outputs[`${layer.name}.bias`] = merged.bias;
    }
    return outputs;
  });
}
