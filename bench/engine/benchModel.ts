import type { Checkpoint } from '../../core/model/checkpoint.ts';
import { decoderParameters } from '../../core/model/decoderParameters.ts';
import type { DecoderConfig } from '../../core/model/modelConfig.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { createPolicy } from '../../core/training/policy.ts';
import type { StepOptions } from '../../core/training/stepGraph.ts';
import { lora } from '../../plugins/adapters/lora.ts';
import { dapo } from '../../plugins/objectives/dapo.ts';
import { adamw } from '../../plugins/optimizers/adamw.ts';
import { linearLayers } from '../trl/workload.ts';

const seed = 7;

/** Rank of the benchmarked adapter. */
export const rank = 16;

/** A Qwen2 of 1.59 M parameters: d 192, 4 layers. */
export const benchConfig: DecoderConfig = {
  architecture: 'qwen2',
  vocabularySize: 64,
  hiddenSize: 192,
  intermediateSize: 512,
  layers: 4,
  heads: 6,
  keyValueHeads: 2,
  headDim: 32,
  rmsNormEpsilon: 1e-6,
  ropeTheta: 10_000,
  ropeScaling: undefined,
  maxPositionEmbeddings: 512,
  tiedEmbeddings: true,
  attentionBias: { query: true, key: true, value: true, output: false },
  mlpBias: false,
  queryKeyNorm: false,
  bosTokenId: undefined,
  eosTokenIds: [1],
  padTokenId: 0,
  raw: {},
  rawGeneration: undefined,
};

/** The model with random weights, drawn as transformers initialises them. */
export function benchCheckpoint(): Checkpoint {
  const weights = decoderParameters(benchConfig).map(({ name, shape, kind }) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const values = randomStream(seed, 'bench model', name)
      .normals(size)
      .map((value) => 0.02 * value);
    const data = kind === 'norm' ? values.fill(1) : kind === 'bias' ? values.fill(0) : values;
    return [name, { shape, data }] as const;
  });
  return { config: benchConfig, weights: new Map(weights), dtype: 'F32', hash: () => Promise.resolve('') };
}

/** LoRA on the seven linear layers of each block, trained with GRPO's loss and AdamW. */
export function benchStepOptions(checkpoint: Checkpoint): StepOptions {
  const adapterConfig = lora.config.parse({ r: rank, lora_alpha: 2 * rank, target_modules: [...linearLayers] });
  return {
    policy: createPolicy(checkpoint, lora, adapterConfig, seed),
    objective: dapo,
    objectiveConfig: dapo.config.parse({}),
    optimizer: adamw,
    optimizerConfig: adamw.config.parse({}),
    maxGradNorm: 1,
    oldIsCurrent: true,
  };
}
