import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../core/errors.ts';
import { choiceSites, chosenPlugin } from '../core/experiment/pluginChoices.ts';
import type { Experiment } from '../core/experiment/schema.ts';
import { loadCheckpoint } from '../core/model/checkpoint.ts';
import { checkWeightShapes } from '../core/model/checkWeightShapes.ts';
import { readModelConfig } from '../core/model/modelConfig.ts';
import type { DecoderConfig } from '../core/model/modelConfig.ts';
import { loadTokenizer } from '../core/model/tokenizer.ts';
import { openWeightFiles } from '../core/model/weightFiles.ts';
import { adapterTargets } from '../core/training/adapterTargets.ts';
import { checkOptimizer } from '../core/training/checkOptimizer.ts';
import { plannedParameters } from '../core/training/plannedParameters.ts';

/** Bytes of weights that are read before a run is made; NaN in a larger model ends the run before its first step. */
const readAtOnce = 2 ** 26;

/**
 * Finds what is wrong with an experiment's model, adapter and data, as far as that can be seen in milliseconds, so that
 * nothing is created for a run that cannot start. Throws `model/...`, `tokenizer/...`, `safetensors/...`, `adapter/...`
 * and `dataset/...` errors.
 */
export async function checkInputs(experiment: Experiment, baseFolder: string, catalog: PluginCatalog): Promise<void> {
  const folder = path.resolve(baseFolder, experiment.model.path);
  if (!existsSync(folder)) {
    throw new RlvrError('model/missing', `There is no model folder ${folder} (model.path: ${experiment.model.path}).`, {
      path: folder,
    });
  }
  const config = readModelConfig(folder);
  await checkWeights(folder, config);
  loadTokenizer(folder, config);
  const adapter = chosenPlugin(catalog, 'adapter', experiment.adapter);
  const targets = adapterTargets(adapter.plugin, adapter.config, config, experiment.training.steps);
  const parameters = plannedParameters(adapter.plugin, adapter.config, targets);
  checkOptimizer(chosenPlugin(catalog, 'optimizer', experiment.optimizer), adapter.plugin.id, parameters);
  for (const { kind, choice } of choiceSites(experiment)) {
    if (kind !== 'dataset') continue;
    const { plugin, config: options } = chosenPlugin(catalog, kind, choice);
    await plugin.open(options, { split: 'train', seed: experiment.seed, baseFolder });
  }
}

/** Names and shapes; the values too where reading them takes no time that anyone would notice. */
async function checkWeights(folder: string, config: DecoderConfig): Promise<void> {
  const { tensors, paths, close } = openWeightFiles(folder);
  try {
    checkWeightShapes(folder, config, new Map([...tensors].map(([name, file]) => [name, file.info(name).shape])));
  } finally {
    close();
  }
  const bytes = paths.reduce((sum, file) => sum + statSync(file).size, 0);
  if (bytes <= readAtOnce) await loadCheckpoint(folder);
}
