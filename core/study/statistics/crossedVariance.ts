/** Values of every seed (rows) on every problem (columns), without gaps. */
export type SeedProblemTable = readonly (readonly number[])[];

/** Mean squares of a two-way layout with one value in each cell (H. Scheffé: The analysis of variance, 1959, chapter 7). */
export interface CrossedVariance {
  readonly mean: number;
  readonly seeds: number;
  readonly problems: number;
  /** Means over problems, one a seed. */
  readonly seedMeans: readonly number[];
  /** Expected: P var(seed) + var(rest). */
  readonly seedSquare: number;
  /** Expected: S var(problem) + var(rest). */
  readonly problemSquare: number;
  /** Of what neither explains: interaction and sampling. */
  readonly restSquare: number;
}

/** Splits the spread of a table into seeds, problems and the rest. A spread without the freedom to measure it is 0. */
export function crossedVariance(table: SeedProblemTable): CrossedVariance {
  const seeds = table.length;
  const problems = table[0]?.length ?? 0;
  const seedMeans = table.map((row) => row.reduce((sum, value) => sum + value, 0) / problems);
  const mean = seedMeans.reduce((sum, value) => sum + value, 0) / seeds;
  const problemMeans = Array.from({ length: problems }, (_, problem) => {
    return table.reduce((sum, row) => sum + (row[problem] ?? 0), 0) / seeds;
  });
  const squares = (values: readonly number[]): number => values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  let rest = 0;
  table.forEach((row, seed) => {
    row.forEach((value, problem) => {
      rest += (value - (seedMeans[seed] ?? 0) - (problemMeans[problem] ?? 0) + mean) ** 2;
    });
  });
  return {
    mean,
    seeds,
    problems,
    seedMeans,
    seedSquare: (problems * squares(seedMeans)) / Math.max(1, seeds - 1),
    problemSquare: (seeds * squares(problemMeans)) / Math.max(1, problems - 1),
    restSquare: rest / Math.max(1, (seeds - 1) * (problems - 1)),
  };
}
