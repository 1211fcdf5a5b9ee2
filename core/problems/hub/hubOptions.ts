import { z } from 'zod';
import type { Split } from '../../contracts/dataset.ts';
import { invalidFile } from '../rows/dataFile.ts';
import type { TableFile } from '../rows/readRows.ts';
import type { SplitFiles } from '../tableSource.ts';

const name = z.string().min(1);

/** `organisation/name` of a data set. */
export const hubId = z
  .string()
  .max(200)
  .refine(
    (id) => /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)?$/u.test(id) && !/\.\.|--/u.test(id),
    'a data set of the hub is named organisation/name',
  );

/** A branch, tag or commit. */
export const revisionOption = name
  .max(200)
  .refine((revision) => !/\.\.|[\s\\?#%]/u.test(revision), 'a branch, tag or commit')
  .default('main')
  .describe('Branch, tag or commit. What the cache has of it is used as it is; a commit always gives the same rows');

/** Which of the hub's splits is which of ours. */
export const splitOption = z
  .union([
    name,
    z
      .strictObject({ train: name.optional(), selection: name.optional(), report: name.optional() })
      .refine((splits) => Object.values(splits).some((own) => own !== undefined), 'name at least one split'),
  ])
  .optional()
  .describe(
    'Splits of the hub’s data set: one, divided by the hash of each question, or {train, selection, report}. Left out: train, ' +
      'validation and test, as far as there are any',
  );

/** A choice of splits, as users write it. */
export type SplitChoice = z.output<typeof splitOption>;

const usual: Readonly<Record<Split, readonly string[]>> = {
  train: ['train'],
  selection: ['validation', 'valid', 'val', 'dev'],
  report: ['test'],
};

/** Our splits out of the hub's. Throws `dataset/invalid` where one that is named is not there. */
export function assignSplits(
  id: string,
  splits: Readonly<Record<string, readonly TableFile[]>>,
  choice: SplitChoice,
): SplitFiles {
  const filesOf = (split: string): readonly TableFile[] => {
    const files = splits[split];
    if (files !== undefined) return files;
    throw invalidFile(id, `there is no split "${split}"; there are: ${Object.keys(splits).join(', ')}`);
  };
  if (typeof choice === 'string') return filesOf(choice);
  if (choice !== undefined) {
    const named = Object.entries(choice).flatMap(([ours, theirs]) =>
      theirs === undefined ? [] : [[ours, filesOf(theirs)]],
    );
    return Object.fromEntries(named) as SplitFiles;
  }
  const [only, ...others] = Object.values(splits);
  if (only !== undefined && others.length === 0) return only;
  const found = Object.entries(usual).flatMap(([ours, names]) => {
    const theirs = names.find((each) => splits[each] !== undefined);
    return theirs === undefined ? [] : [[ours, filesOf(theirs)]];
  });
  if (found.length > 0) return Object.fromEntries(found) as SplitFiles;
  throw invalidFile(
    id,
    `which splits are for training and reporting? Say so by \`split\`; there are: ${Object.keys(splits).join(', ')}`,
  );
}
