import { z } from 'zod';
import type { Dataset, OpenDataset, Problem, ProblemSource } from '../../core/contracts/dataset.ts';
import type { JudgedSamples, WrongPlugin } from './wrongPlugin.ts';

function problemOf(split: string, index: number): Problem {
  return { id: `${split} ${index}`, question: `${split} ${index}?`, reference: `${index}`, family: 'numbers' };
}

function open({ split }: Pick<OpenDataset, 'split'>): ProblemSource {
  return { size: 200, hash: split, problem: (index) => problemOf(split, index) };
}

const sound: Dataset = {
  id: 'sound',
  summary: 'Numbers that are asked for',
  source: 'this test',
  config: z.strictObject({}),
  open: (_config, options) => Promise.resolve(open(options)),
};

const apart = 'has splits that never overlap, whatever the seeds they are opened with';
const same = 'gives the same problems from the same seed, in any order of asking';
const usable = 'gives problems that can be asked and checked';

function wrong(
  description: string,
  change: (source: ProblemSource, options: OpenDataset) => Partial<ProblemSource>,
  fails: readonly string[],
  message: RegExp,
): WrongPlugin {
  const plugin: Dataset = {
    ...sound,
    open: (_config, options) => {
      const source = open(options);
      return Promise.resolve({ ...source, ...change(source, options) });
    },
  };
  return { wrong: description, judged: { kind: 'dataset', plugin }, fails, message };
}

let opened = 0;
let asked = 0;

/** Data sets. */
export const datasets: JudgedSamples = {
  kind: 'dataset',
  sound: { kind: 'dataset', plugin: sound },
  wrong: [
    wrong(
      'has a split without problems',
      (_source, { split }) => (split === 'report' ? { size: 0 } : {}),
      [apart],
      /dataset "sound", method open: its report split is empty/,
    ),
    wrong(
      'has the same question in two splits for some seeds',
      (_source, { split, seed }) => ({ problem: (index) => problemOf(seed === 1 ? 'train' : split, index) }),
      [apart],
      /method open: "train 0\?": is in the splits train and selection/,
    ),
    wrong(
      'has another hash each time',
      () => ({ hash: `${(opened += 1)}` }),
      [same],
      /method problem: opened twice, its train split has two hashes/,
    ),
    wrong(
      'gives what comes next, whatever is asked for',
      (_source, { split }) => ({ problem: () => problemOf(split, (asked += 1)) }),
      [same],
      /method problem: problem 19 of train is \{"id":"train \d+".*, asked in another order \{"id":"train \d+"/,
    ),
    wrong(
      'names two problems alike',
      ({ problem }) => ({ problem: (index) => ({ ...problem(index), id: `${index % 5}` }) }),
      [same],
      /method problem: two problems of the train split have one id/,
    ),
    wrong(
      'has a problem without an answer',
      ({ problem }) => ({ problem: (index) => ({ ...problem(index), ...(index === 7 ? { reference: ' ' } : {}) }) }),
      [usable],
      /method problem: problem 7 of train: has no reference, a text: " "/,
    ),
  ],
};
