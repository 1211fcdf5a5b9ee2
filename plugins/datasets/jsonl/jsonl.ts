import path from 'node:path';
import { z } from 'zod';
import type { Dataset, OpenDataset, ProblemSource, Split } from '../../../core/contracts/dataset.ts';
import { RlvrError } from '../../../core/errors.ts';
import { contentHash } from '../../../core/problems/contentHash.ts';
import { readRows, type ColumnNames, type FileContent, type FileProblem } from './readRows.ts';

type Paths = string | Readonly<Partial<Record<Split, string | undefined>>>;

interface JsonlConfig extends ColumnNames {
  readonly path: Paths;
}

/** A problem that stands in files of two splits stays in the one that comes first here. */
const PRECEDENCE: readonly Split[] = ['report', 'selection', 'train'];

/** The wanted split's file without what the files of splits before it hold. */
function withoutProtected(files: ReadonlyMap<Split, FileContent>, split: Split): readonly FileProblem[] {
  const before = PRECEDENCE.slice(0, PRECEDENCE.indexOf(split));
  const kept = new Set(before.flatMap((other) => files.get(other)?.problems.map(({ id }) => id) ?? []));
  return files.get(split)?.problems.filter(({ id }) => !kept.has(id)) ?? [];
}

async function openJsonl(config: JsonlConfig, { split, baseFolder }: OpenDataset): Promise<ProblemSource> {
  const read = (file: string): Promise<FileContent> => readRows(path.resolve(baseFolder, file), config);
  const files = new Map<Split, FileContent>();
  let problems: readonly FileProblem[];
  if (typeof config.path === 'string') {
    const content = await read(config.path);
    files.set(split, content);
    problems = content.problems.filter((problem) => problem.split === split);
  } else {
    for (const name of PRECEDENCE) {
      const file = config.path[name];
      if (file !== undefined) {
        files.set(name, await read(file));
      }
    }
    problems = withoutProtected(files, split);
  }
  if (problems.length === 0) {
    throw emptySplit(config.path, split);
  }
  const hashes = [...files].map(([name, content]) => ({ name, hash: content.hash }));
  return {
    size: problems.length,
    hash: contentHash({ config, split }, hashes),
    problem(index) {
      const found = problems[index];
      if (found === undefined) {
        throw new RlvrError(
          'dataset/empty',
          `The ${split} split has ${problems.length} problems; there is no index ${index}.`,
          {
            split,
            index,
            size: problems.length,
          },
        );
      }
      const { split: _, ...problem } = found;
      return problem;
    },
  };
}

function emptySplit(paths: Paths, split: Split): RlvrError {
  const reason =
    typeof paths === 'string'
      ? `${paths} holds no problem whose text belongs to it (one tenth of all texts is for report, one tenth for selection)`
      : paths[split] === undefined
        ? `"path" names no file for it`
        : `${paths[split]} holds no problem that is not also in a file of another split`;
  return new RlvrError('dataset/empty', `The ${split} split of the data set is empty: ${reason}.`, {
    split,
    path: paths,
  });
}

const column = z.string().min(1);

/** Problems from JSON Lines files, one object a line. */
export const jsonl: Dataset<JsonlConfig> = {
  id: 'jsonl',
  summary: 'Problems from a JSON Lines file',
  source: 'this project',
  config: z.strictObject({
    path: z
      .union([
        z.string().min(1),
        z.strictObject({ train: column.optional(), selection: column.optional(), report: column.optional() }),
      ])
      .describe(
        'A file, divided by the hash of each question; or a file for each split, where a question that the report (or selection) ' +
          'file holds is left out of the others. Relative to the experiment file',
      ),
    question: column.default('question').describe('Column with the question'),
    reference: column.default('answer').describe('Column with the reference answer'),
    reference_after: column.optional().describe('The reference is what follows the last of these, for example "####"'),
    demonstration: column.optional().describe('Column with a worked completion, for supervised fine-tuning'),
    family: column.optional().describe('Column with the kind of task; the file’s name when left out'),
  }),
  open: openJsonl,
};
