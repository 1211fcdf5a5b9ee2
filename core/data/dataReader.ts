import type { OpenDataset, ProblemSource, Split } from '../contracts/dataset.ts';
import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import { chosenPlugin, type PluginChoice } from '../experiment/pluginChoices.ts';
import type { Experiment } from '../experiment/schema.ts';
import { decontaminate, type HeldOut } from '../problems/decontaminate.ts';
import type { DataRecord } from '../runs/runRecord.ts';

/** Opens an experiment's data sets, each split of each once, and keeps what was found. */
export interface DataReader {
  open(choice: PluginChoice, split: Split): Promise<ProblemSource>;
  /**
   * The training data, without what is evaluated on where the experiment wants that. `isTrainedMeasured`: whether problems like those
   * trained on are evaluated.
   */
  openTraining(isTrainedMeasured: boolean): Promise<ProblemSource>;
  record(): DataRecord;
}

/** Reads data as an experiment says; `baseFolder` is what its relative paths start from. */
export function dataReader(
  experiment: Experiment,
  baseFolder: string,
  catalog: PluginCatalog,
  { signal, onDidDownload }: Pick<OpenDataset, 'signal' | 'onDidDownload'>,
): DataReader {
  const { data, evaluation, seed } = experiment;
  const opened = new Map<string, Promise<ProblemSource>>();
  const sources: Record<string, DataRecord['sources'][string]> = {};
  let contamination: DataRecord['contamination'];

  function open(choice: PluginChoice, split: Split): Promise<ProblemSource> {
    const key = JSON.stringify([choice, split]);
    const known = opened.get(key) ?? openNew(choice, split);
    opened.set(key, known);
    return known;
  }

  async function openNew(choice: PluginChoice, split: Split): Promise<ProblemSource> {
    const { plugin, config } = chosenPlugin(catalog, 'dataset', choice);
    const drawnBy = split === 'train' ? seed : (evaluation.data_seed ?? seed);
    const source = await plugin.open(config, { split, seed: drawnBy, baseFolder, signal, onDidDownload });
    const { size, origin, findings } = source;
    const names = Object.keys(sources).filter((name) => name.startsWith(`${choice.type} ${split}`)).length;
    sources[`${choice.type} ${split}${names === 0 ? '' : ` ${names + 1}`}`] = {
      ...(size === undefined ? {} : { size }),
      ...(origin === undefined ? {} : { origin }),
      findings: (findings ?? []).map(({ what, count, first }) => ({ what, count, first: [...first] })),
    };
    return source;
  }

  async function heldOut(isTrainedMeasured: boolean): Promise<readonly HeldOut[]> {
    const measured = data.evaluate ?? data.train;
    const { split, problems } = evaluation;
    const choices: (readonly [choice: PluginChoice, split: Split, problems: number])[] = [
      ...(isTrainedMeasured ? [[measured, split, problems] as const] : []),
      ...(evaluation.every > 0 ? [[measured, 'selection', problems] as const] : []),
      ...data.watch.map((choice) => [choice, split, problems] as const),
      ...evaluation.benchmarks.map((own) => [own.data, split, own.problems ?? problems] as const),
    ];
    return Promise.all(
      choices.map(async ([choice, from, count]) => ({
        name: `${choice.type} ${from}`,
        source: await open(choice, from),
        problems: count,
      })),
    );
  }

  return {
    open,
    openTraining: async (isTrainedMeasured) => {
      const train = await open(data.train, 'train');
      if (data.decontaminate === 'off') return train;
      const result = decontaminate(train, await heldOut(isTrainedMeasured), data.decontaminate);
      contamination = structuredClone(result.report) as DataRecord['contamination'];
      return result.train;
    },
    record: () => ({ sources, ...(contamination === undefined ? {} : { contamination }) }),
  };
}
