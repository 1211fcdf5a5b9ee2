import type { TargetLayer } from '../contracts/parameter.ts';
import { baseLayers, weightInputs, weightPrefix } from '../model/baseLayers.ts';
import { runDecoder, type DecoderLayers } from '../model/decoder.ts';
import { LM_HEAD } from '../model/decoderParameters.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import { packedInputs } from '../model/packedInputs.ts';
import { predictCompletions } from '../model/predict.ts';
import { compile, type CompiledGraph } from '../tensor/compile.ts';
import { tf } from '../tensor/tf.ts';
import type { InputSpec } from '../tensor/trace.ts';

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** A graph over the base's inputs, and which of its outputs belongs to each layer; layers that read the same tensor share one. */
export interface ActivationGraph {
  readonly graph: CompiledGraph;
  readonly outputOf: ReadonlyMap<string, string>;
}

/** Inputs of a graph of the base over sequences, each of them its first token as prompt and the others as completion. */
function sequenceInputs(config: DecoderConfig): Record<string, InputSpec> {
  const half = config.headDim / 2;
  return {
    ...weightInputs(config),
    ...packedInputs(config, true),
    cos: { shape: ['positions', half], dtype: 'float32' },
    sin: { shape: ['positions', half], dtype: 'float32' },
  };
}

function rotaryOf(tensors: Tensors): { cos: tf.Tensor2D; sin: tf.Tensor2D } {
  return { cos: tensors['cos'] as tf.Tensor2D, sin: tensors['sin'] as tf.Tensor2D };
}

/** The base's decoder, which tells what it gives to each linear layer. */
function watched(layers: DecoderLayers, onDidRead: (name: string, x: tf.Tensor2D) => void): DecoderLayers {
  return {
    ...layers,
    linear: (name, x) => {
      onDidRead(name, x);
      return layers.linear(name, x);
    },
    logits: (hidden) => {
      onDidRead(LM_HEAD.replace('.weight', ''), hidden);
      return layers.logits(hidden);
    },
  };
}

/** The inputs of some linear layers of the base, [tokens, in] each. */
export async function compileActivations(
  config: DecoderConfig,
  targets: readonly TargetLayer[],
): Promise<ActivationGraph> {
  const wanted = new Set(targets.map(({ name }) => name));
  const outputOf = new Map<string, string>();
  const graph = await compile(sequenceInputs(config), (tensors) => {
    const outputs = new Map<tf.Tensor, string>();
    const layers = watched(
      baseLayers(config, (name) => tensors[weightPrefix + name] as tf.Tensor),
      (name, x) => {
        if (!wanted.has(name)) return;
        outputs.set(x, outputs.get(x) ?? name);
        outputOf.set(name, outputs.get(x) ?? name);
      },
    );
    const { hidden } = runDecoder(config, layers, tensors, rotaryOf(tensors));
    if (wanted.has(LM_HEAD.replace('.weight', ''))) predictCompletions(layers, hidden, tensors, tf.scalar(1));
    return Object.fromEntries([...outputs].map(([x, name]) => [name, x]));
  });
  return { graph, outputOf };
}

/** Gradients of the summed next-token loss of the base with respect to the weights of some layers, [out, in] each. */
export function compileGradients(config: DecoderConfig, targets: readonly TargetLayer[]): Promise<CompiledGraph> {
  const names = targets.map(({ name }) => `${name}.weight`);
  return compile(sequenceInputs(config), (tensors) => {
    const loss = (...weights: tf.Tensor[]): tf.Scalar => {
      const own = new Map(names.map((name, i) => [name, weights[i] as tf.Tensor]));
      const layers = baseLayers(config, (name) => own.get(name) ?? (tensors[weightPrefix + name] as tf.Tensor));
      const { hidden } = runDecoder(config, layers, tensors, rotaryOf(tensors));
      const { logps } = predictCompletions(layers, hidden, tensors, tf.scalar(1));
      return tf.neg(tf.sum(logps));
    };
    const { grads } = tf.valueAndGrads(loss)(names.map((name) => tensors[weightPrefix + name] as tf.Tensor));
    return Object.fromEntries(targets.map(({ name }, i) => [name, grads[i] as tf.Tensor]));
  });
}
