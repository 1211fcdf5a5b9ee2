import type { Dataset, OpenDataset, Problem, ProblemSource } from '../../../core/contracts/dataset.ts';

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

/** The first problems of a source. */
export function firstProblems(source: ProblemSource, count: number): Problem[] {
  return Array.from({ length: Math.min(count, source.size ?? count) }, (_, index) => source.problem(index));
}
