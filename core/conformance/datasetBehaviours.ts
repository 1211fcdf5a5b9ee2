import type { Dataset, Problem, ProblemSource, Split } from '../contracts/dataset.ts';
import type { Behaviour } from './behaviour.ts';
import { demandNone, nonconformity } from './behaviour.ts';
import type { DescribedPlugin } from './description.ts';

/** A data set with the least options that a user can write for it. */
export interface DatasetSubject extends DescribedPlugin {
  readonly dataset: Dataset;
  readonly config: unknown;
  /** Against which relative paths of the options are resolved. */
  readonly baseFolder: string;
}

const splits: readonly Split[] = ['train', 'selection', 'report'];
const seeds = [1, 7];
const problemsRead = 100;

function open({ dataset, config, baseFolder }: DatasetSubject, split: Split, seed = 7): Promise<ProblemSource> {
  return dataset.open(config, { split, seed, baseFolder });
}

/** The first problems of a source, at most as many as it has. */
export function firstProblems(source: ProblemSource, count: number): readonly Problem[] {
  return Array.from({ length: Math.min(count, source.size ?? count) }, (_, index) => source.problem(index));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

const keepsSplitsApart: Behaviour<DatasetSubject> = {
  name: 'has splits that never overlap, whatever the seeds they are opened with',
  judge: async (subject) => {
    const home = new Map<string, Split>();
    for (const seed of seeds) {
      for (const split of splits) {
        const problems = firstProblems(await open(subject, split, seed), problemsRead);
        const place = { plugin: subject.plugin, method: 'open' };
        if (problems.length === 0) throw nonconformity(place, `its ${split} split is empty`);
        for (const { question } of problems) {
          const other = home.get(question) ?? split;
          demandNone(place, `"${question}"`, other === split ? undefined : `is in the splits ${other} and ${split}`);
          home.set(question, split);
        }
      }
    }
  },
};

const answersTheSame: Behaviour<DatasetSubject> = {
  name: 'gives the same problems from the same seed, in any order of asking',
  judge: async (subject) => {
    for (const split of splits) {
      const [source, again] = [await open(subject, split), await open(subject, split)];
      const problems = firstProblems(source, 20);
      const place = { plugin: subject.plugin, method: 'problem' };
      if (source.hash !== again.hash) throw nonconformity(place, `opened twice, its ${split} split has two hashes`);
      for (let i = problems.length - 1; i >= 0; i--) {
        const [now, before] = [JSON.stringify(again.problem(i)), JSON.stringify(problems[i])];
        if (now !== before)
          throw nonconformity(place, `problem ${i} of ${split} is ${before}, asked in another order ${now}`);
      }
      if (new Set(problems.map(({ id }) => id)).size !== problems.length)
        throw nonconformity(place, `two problems of the ${split} split have one id`);
    }
  },
};

const asksAndAnswers: Behaviour<DatasetSubject> = {
  name: 'gives problems that can be asked and checked',
  judge: async (subject) => {
    for (const split of splits) {
      for (const [index, problem] of firstProblems(await open(subject, split), 20).entries()) {
        const key = (['id', 'question', 'reference', 'family'] as const).find((name) => !isText(problem[name]));
        const missing = key === undefined ? undefined : `has no ${key}, a text: ${JSON.stringify(problem[key])}`;
        demandNone({ plugin: subject.plugin, method: 'problem' }, `problem ${index} of ${split}`, missing);
      }
    }
  },
};

/** What every data set does. */
export const datasetBehaviours: readonly Behaviour<DatasetSubject>[] = [
  keepsSplitsApart,
  answersTheSame,
  asksAndAnswers,
];
