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
 * Finds what is wrong with the models, adapters and data of experiments, as far as that can be seen in milliseconds, so that nothing is
 * created for a run that cannot start. What the cells of a sweep share is looked at once. Throws `model/...`, `tokenizer/...`,
 * `safetensors/...`, `adapter/...` and `dataset/...` errors.
 */
export async function checkInputs(
  experiments: readonly Experiment[],
  baseFolder: string,
  catalog: PluginCatalog,
): Promise<void> {
  const models = new Map<string, DecoderConfig>();
  const opened = new Set<string>();
  for (const experiment of experiments) {
    const { model, seed, evaluation } = experiment;
    const config = models.get(model.path) ?? (await checkModel(baseFolder, model.path));
    models.set(model.path, config);
    checkAdapter(experiment, config, catalog);
    for (const { kind, choice, path: place } of choiceSites(experiment)) {
      if (kind !== 'dataset') continue;
      const isTrained = place[1] === 'train';
      const split = isTrained ? 'train' : evaluation.split;
      const drawnBy = isTrained ? seed : (evaluation.data_seed ?? seed);
      const key = JSON.stringify([choice, split, drawnBy]);
      if (opened.has(key)) continue;
      const { plugin, config: options } = chosenPlugin(catalog, kind, choice);
      await plugin.open(options, { split, seed: drawnBy, baseFolder });
      opened.add(key);
    }
  }
}

async function checkModel(baseFolder: string, named: string): Promise<DecoderConfig> {
  const folder = path.resolve(baseFolder, named);
  if (!existsSync(folder)) {
    const message = `There is no model folder ${folder} (model.path: ${named}).`;
    throw new RlvrError('model/missing', message, { path: folder });
  }
  const config = readModelConfig(folder);
  await checkWeights(folder, config);
  loadTokenizer(folder, config);
  return config;
}

function checkAdapter(
  { adapter, optimizer, training }: Experiment,
  model: DecoderConfig,
  catalog: PluginCatalog,
): void {
  const { plugin, config } = chosenPlugin(catalog, 'adapter', adapter);
  const targets = adapterTargets(plugin, config, model, training.steps);
  const { parameters } = plannedParameters(plugin, config, targets);
  checkOptimizer(chosenPlugin(catalog, 'optimizer', optimizer), plugin.id, parameters);
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
