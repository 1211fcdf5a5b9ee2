import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PeftAdapter } from '../contracts/adapter.ts';
import type { Checkpoint, Weight } from '../model/checkpoint.ts';
import { writeModelFolder } from '../model/writeModelFolder.ts';
import { writeSafetensors, type SafetensorsTensor } from '../model/writeSafetensors.ts';
import type { LearnerState } from './learner.ts';
import { createMergedWeights } from './mergedWeights.ts';
import type { Policy } from './policy.ts';

/** What lies beside the native state for other libraries. */
export type ExportFormat = 'peft' | 'huggingface' | 'native';

/**
 * Writes the adapter for other libraries into a checkpoint's folder: as Hugging Face PEFT stores it where PEFT can express the method
 * exactly, else the merged model as a Hugging Face folder `model/`.
 */
export async function exportCheckpoint(
  folder: string,
  modelFolder: string,
  checkpoint: Checkpoint,
  policy: Policy,
  state: LearnerState,
): Promise<ExportFormat> {
  const parameters = policy.parameters.map((spec) => ({
    ...spec,
    values: state.parameters.get(spec.name) ?? spec.values,
  }));
  const peft = policy.adapter.toPeft(policy.adapterConfig, parameters, modelFolder);
  if (peft === undefined) {
    const merged = await createMergedWeights(checkpoint, policy);
    try {
      writeMergedModel(path.join(folder, 'model'), modelFolder, checkpoint, await merged.of(state));
    } finally {
      await merged.release();
    }
    return 'huggingface';
  }
  writePeftFolder(folder, peft);
  return 'peft';
}

/** Writes an adapter's two files into a folder, as PEFT does, in float32. */
export function writePeftFolder(folder: string, { config, tensors }: PeftAdapter): void {
  const stored = [...tensors].map(([name, { shape, values }]): [string, SafetensorsTensor] => [
    name,
    { dtype: 'F32', shape, data: values },
  ]);
  writeFileSync(path.join(folder, 'adapter_config.json'), `${JSON.stringify(config, undefined, 2)}\n`);
  writeSafetensors(path.join(folder, 'adapter_model.safetensors'), new Map(stored), { format: 'pt' });
}

/** Writes weights as a Hugging Face folder with the configuration and the tokenizer of the model that they came from, in float32. */
export function writeMergedModel(
  folder: string,
  modelFolder: string,
  { config }: Checkpoint,
  weights: ReadonlyMap<string, Weight>,
): void {
  writeModelFolder(folder, {
    config: config.raw,
    generationConfig: config.rawGeneration,
    weights,
    dtype: 'F32',
    tokenizerFrom: modelFolder,
  });
}
