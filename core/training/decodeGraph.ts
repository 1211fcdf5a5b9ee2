import { biasedModules, weightInputs, weightPrefix, type WeightLookup } from '../model/baseLayers.ts';
import { decodeBlock, decodeBlockStep, type BlockCache } from '../model/decodeStep.ts';
import { EMBEDDING, LM_HEAD } from '../model/decoderParameters.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import { compile, type CompiledGraph } from '../tensor/compile.ts';
import { linear } from '../tensor/ops/linear.ts';
import { loop } from '../tensor/ops/loop.ts';
import { rmsNorm } from '../tensor/ops/rmsNorm.ts';
import { tf } from '../tensor/tf.ts';
import type { InputSpec } from '../tensor/trace.ts';
import { sampleTokens, type SamplingOptions } from './sampling.ts';

/** What fixes a decode graph. */
export interface DecodeOptions extends SamplingOptions {
  /** Tokens that end a completion. */
  readonly stopIds: readonly number[];
  /** Whether stop tokens can be held back (a least number of tokens was asked for). */
  readonly holdsStop: boolean;
}

/** Whether the graph keeps track of which tokens have occurred. */
export function tracksSeen(options: SamplingOptions): boolean {
  return options.repetitionPenalty !== 1;
}

/** Size names of the decode graph. */
const decodeSizes = { rows: 'rows', past: 'past', chunk: 'chunk' } as const;

/** Added to a stop token's logit to hold it back. */
const heldBack = -1e30;

/**
 * A graph that samples up to `turns` tokens for each row, feeding each back, and stops when every row has met a stop token. Inputs: merged
 * weights, the logits of the first token to sample, the cache as `past.keys.N` and `past.values.N` with `pastBias`, `positions`,
 * `uniforms` [chunk, rows]. Outputs: `ids`, `logps`, `filteredLogps`, `entropies` [turns done, rows], the
 * next `logits`, and the cache's additions.
 */
export function compileDecode(config: DecoderConfig, options: DecodeOptions): Promise<CompiledGraph> {
  return compile(decodeInputs(config, options), (inputs) => decodeChunk(config, options, inputs));
}

function decodeInputs(config: DecoderConfig, options: DecodeOptions): Record<string, InputSpec> {
  const { rows, past, chunk } = decodeSizes;
  const float = (...shape: (number | string)[]): InputSpec => ({ shape, dtype: 'float32' });
  const cache = Object.fromEntries(
    blocksOf(config).flatMap((block) =>
      ['keys', 'values'].map((kind) => [
        `past.${kind}.${block}`,
        float(rows, config.keyValueHeads, past, config.headDim),
      ]),
    ),
  );
  return {
    ...weightInputs(config),
    ...cache,
    cos: float('positions', config.headDim / 2),
    sin: float('positions', config.headDim / 2),
    logits: float(rows, config.vocabularySize),
    pastBias: float(rows, 1, 1, past),
    positions: { shape: [rows], dtype: 'int32' },
    uniforms: float(chunk, rows),
    turns: { shape: [], dtype: 'int32' },
    empty: float(rows, config.keyValueHeads, 'none', config.headDim),
    ...(options.holdsStop ? { stopsHeld: float(chunk) } : {}),
    ...(tracksSeen(options) ? { seen: float(rows, config.vocabularySize) } : {}),
  };
}

function blocksOf(config: DecoderConfig): number[] {
  return Array.from({ length: config.layers }, (_, block) => block);
}

function decodeChunk(
  config: DecoderConfig,
  options: DecodeOptions,
  inputs: Readonly<Record<string, tf.Tensor>>,
): Record<string, tf.Tensor> {
  const input = (name: string): tf.Tensor => inputs[name] as tf.Tensor;
  const weight: WeightLookup = (name) => input(weightPrefix + name);
  const biased = biasedModules(config);
  const blocks = blocksOf(config).map((block) => decodeBlock(config, block, weight, (name) => biased.has(name)));
  const table = { cos: input('cos') as tf.Tensor2D, sin: input('sin') as tf.Tensor2D };
  const embedding = weight(EMBEDDING) as tf.Tensor2D;
  const head = config.tiedEmbeddings ? embedding : (weight(LM_HEAD) as tf.Tensor2D);
  const stop = stopVector(config, options);
  const empty = input('empty') as tf.Tensor4D;
  const pastBias = input('pastBias') as tf.Tensor4D;
  const names = blocksOf(config).flatMap((block) => [`keys.${block}`, `values.${block}`]);
  const [rows] = (input('logits') as tf.Tensor2D).shape;
  const seen = tracksSeen(options) ? { seen: input('seen') } : {};
  const result = loop({
    turns: input('turns') as tf.Scalar,
    carried: {
      logits: input('logits'),
      positions: input('positions'),
      finished: tf.zerosLike(input('positions')),
      ...seen,
      ...Object.fromEntries(names.map((name) => [name, empty])),
    },
    growing: Object.fromEntries(names.map((name) => [name, 2])),
    body: (turn, carried) => {
      const logits = carried['logits'] as tf.Tensor2D;
      const positions = carried['positions'] as tf.Tensor1D;
      const before = carried['seen'] as tf.Tensor2D | undefined;
      const held = options.holdsStop ? tf.mul(stop, tf.gather(input('stopsHeld') as tf.Tensor1D, turn)) : undefined;
      const sampled = sampleTokens(logits, tf.gather(input('uniforms'), turn) as tf.Tensor1D, options, {
        ...(before === undefined ? {} : { seen: before }),
        ...(held === undefined ? {} : { banned: tf.mul<tf.Tensor1D>(held, heldBack) }),
      });
      let x = tf.gather(embedding, sampled.ids);
      const grown: Record<string, tf.Tensor> = {};
      blocks.forEach((block, index) => {
        const cache: BlockCache = {
          pastKeys: input(`past.keys.${index}`) as tf.Tensor4D,
          pastValues: input(`past.values.${index}`) as tf.Tensor4D,
          recentKeys: carried[`keys.${index}`] as tf.Tensor4D,
          recentValues: carried[`values.${index}`] as tf.Tensor4D,
        };
        const step = decodeBlockStep(config, block, x, positions, cache, pastBias, table);
        x = step.x;
        grown[`keys.${index}`] = step.recentKeys;
        grown[`values.${index}`] = step.recentValues;
      });
      const next = linear(rmsNorm(x, weight('model.norm.weight') as tf.Tensor1D, config.rmsNormEpsilon), head);
      const stopped = tf.gather(tf.cast(stop, 'int32'), sampled.ids);
      const finished = tf.maximum(carried['finished'] as tf.Tensor, stopped);
      return {
        carried: {
          logits: next,
          positions: tf.add(positions, tf.onesLike(positions)),
          finished,
          ...(before === undefined ? {} : { seen: tf.maximum(before, tf.oneHot(sampled.ids, config.vocabularySize)) }),
          ...grown,
        },
        outputs: {
          ids: sampled.ids,
          logps: sampled.logps,
          filteredLogps: sampled.filteredLogps,
          entropies: sampled.entropies,
        },
        proceed: tf.equal(tf.min(tf.reshape(finished, [rows])), tf.scalar(0, 'int32')),
      };
    },
  });
  const kept = Object.entries(result.carried).filter(([name]) => name !== 'finished' && name !== 'positions');
  return { ...result.outputs, ...Object.fromEntries(kept) };
}

/** 1 at stop tokens. [vocabulary] */
function stopVector(config: DecoderConfig, options: DecodeOptions): tf.Tensor1D {
  const marks = new Float32Array(config.vocabularySize);
  for (const id of options.stopIds) marks[id] = 1;
  return tf.tensor1d(marks);
}
