import type { Checkpoint } from '../../core/model/checkpoint.ts';
import { parseModelConfig } from '../../core/model/modelConfig.ts';
import { tinyConfig, weightsFor } from './modelFolders.ts';

/** Two decoder blocks with biases in attention and sizes that differ, weights of size 1. */
export const tinyCheckpoint: Checkpoint = {
  config: parseModelConfig(tinyConfig),
  weights: weightsFor(tinyConfig),
  dtype: 'F32',
  hash: () => Promise.resolve(''),
};
