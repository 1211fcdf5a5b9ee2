import type { Dataset, OpenDataset, ProblemSource } from '../../../core/contracts/dataset.ts';

/** Opens a data set with its configuration as users write it. */
export async function openDataset<Config>(
  dataset: Dataset<Config>,
  options: Readonly<Record<string, unknown>>,
  open: Partial<OpenDataset> = {},
): Promise<ProblemSource> {
  return dataset.open(dataset.config.parse(options), {
    split: 'train',
    seed: 42,
    baseFolder: import.meta.dirname,
    ...open,
  });
}
