import type { DataFinding, OpenDataset, Problem, ProblemSource, Split } from '../contracts/dataset.ts';
import { RlvrError } from '../errors.ts';
import { randomStream } from '../tensor/random.ts';
import { contentHash } from './contentHash.ts';
import type { RowProblem } from './mapRow.ts';
import { readProblems, type TableContent } from './readProblems.ts';
import type { RowOptions } from './rowOptions.ts';
import type { TableFile } from './rows/readRows.ts';

/** Files of one table; one that is divided by the hash of its questions, or some for each split. */
export type SplitFiles = readonly TableFile[] | Readonly<Partial<Record<Split, readonly TableFile[]>>>;

/** A data set of files with rows. */
export interface TableSource {
  readonly files: SplitFiles;
  readonly options: RowOptions;
  /** What to do with a question that stands in the files of two splits. */
  readonly overlap: 'refuse' | 'drop';
  /** Whether splits without files of their own are parts of training's. */
  readonly carve: boolean;
  /** Kind of task of rows that do not say theirs; the file's name when left out. */
  readonly family?: string;
  /** What the content is besides the files, for its hash. */
  readonly identity: object;
  readonly origin?: string;
  /** What to do where a split is empty. */
  readonly hint?: string | undefined;
}

/** A problem that stands in files of two splits belongs to the one that comes first here. */
const PRECEDENCE: readonly Split[] = ['report', 'selection', 'train'];
const listedPairs = 3;

/**
 * Opens one split. A split without files of its own is carved out of those of training by the hash of each question, so it never overlaps
 * what is left. Throws `dataset/empty` and `dataset/invalid`.
 */
export async function openTable(table: TableSource, { split, seed }: OpenDataset): Promise<ProblemSource> {
  const contents = await readAll(table);
  const { problems, findings } = isDivided(table.files)
    ? { problems: carved(contents.get('train'), split), findings: contents.get('train')?.findings ?? [] }
    : ownProblems(table, contents, split);
  if (problems.length === 0) throw emptySplit(table, contents, split);
  const { shuffle, limit } = table.options;
  const order = shuffle ? randomStream(seed, 'rows', split).permutation(problems.length) : Array.from(problems.keys());
  const chosen = order.slice(0, limit).flatMap((index) => problems[index] ?? []);
  const hashes = [...contents].map(([name, content]) => ({ name, hashes: content.hashes }));
  return {
    size: chosen.length,
    hash: contentHash({ ...table.identity, split, ...(shuffle ? { seed } : {}) }, hashes),
    ...(table.origin === undefined ? {} : { origin: table.origin }),
    ...(findings.length === 0 ? {} : { findings }),
    problem: (index) => problemAt(chosen, split, index),
  };
}

function isDivided(files: SplitFiles): files is readonly TableFile[] {
  return Array.isArray(files);
}

/** Of a divided table everything stands under `train`. */
async function readAll({ files, options, family }: TableSource): Promise<ReadonlyMap<Split, TableContent>> {
  const bySplit: Readonly<Partial<Record<Split, readonly TableFile[]>>> = isDivided(files) ? { train: files } : files;
  const contents = new Map<Split, TableContent>();
  for (const split of PRECEDENCE) {
    const own = bySplit[split];
    if (own !== undefined) contents.set(split, await readProblems(own, options, family));
  }
  return contents;
}

function carved(content: TableContent | undefined, split: Split): readonly RowProblem[] {
  return content?.problems.filter((problem) => problem.split === split) ?? [];
}

function ownProblems(
  table: TableSource,
  contents: ReadonlyMap<Split, TableContent>,
  split: Split,
): { problems: readonly RowProblem[]; findings: readonly DataFinding[] } {
  const own = contents.get(split) ?? (table.carve ? contents.get('train') : undefined);
  if (own === undefined) return { problems: [], findings: [] };
  // What a split without files gets of the training files is missing there.
  const lent = split === 'train' && table.carve ? PRECEDENCE.filter((name) => !contents.has(name)) : [];
  const candidates = own.problems.filter((problem) =>
    contents.has(split) ? !lent.includes(problem.split) : problem.split === split,
  );
  const shared = overlapsOf(contents);
  if (table.overlap === 'refuse' && shared.length > 0) throw overlapError(shared);
  const protectedBy = new Set(PRECEDENCE.slice(0, PRECEDENCE.indexOf(split)));
  const gone = new Set(
    shared.filter(({ in: [first] }) => protectedBy.has(first)).map(({ problem }) => problem.questionId),
  );
  const problems = candidates.filter(({ questionId }) => !gone.has(questionId));
  const dropped = candidates.filter(({ questionId }) => gone.has(questionId));
  const finding: DataFinding[] =
    dropped.length === 0
      ? []
      : [
          {
            what: 'questions left out, since a file of another split has them',
            count: dropped.length,
            first: dropped.slice(0, listedPairs).map(({ place }) => place),
          },
        ];
  return { problems, findings: [...own.findings, ...finding] };
}

interface Overlap {
  /** The split that keeps the problem, and the other. */
  readonly in: readonly [Split, Split];
  readonly problem: RowProblem;
  readonly places: readonly [string, string];
}

/** Problems that stand in the files of two splits. */
function overlapsOf(contents: ReadonlyMap<Split, TableContent>): readonly Overlap[] {
  const first = new Map<string, { split: Split; place: string }>();
  const shared: Overlap[] = [];
  for (const split of PRECEDENCE) {
    for (const problem of contents.get(split)?.problems ?? []) {
      const before = first.get(problem.questionId);
      if (before === undefined) first.set(problem.questionId, { split, place: problem.place });
      else shared.push({ in: [before.split, split], problem, places: [before.place, problem.place] });
    }
  }
  return shared;
}

function overlapError(shared: readonly Overlap[]): RlvrError {
  const pairs = shared.slice(0, listedPairs).map(({ in: splits, places }) => ({ splits, places }));
  const told = pairs.map(({ splits: [a, b], places: [x, y] }) => `${x} (${a}) and ${y} (${b})`);
  const count = shared.length === 1 ? 'one question stands' : `${shared.length} questions stand`;
  const more = shared.length > pairs.length ? ', ...' : '';
  return new RlvrError(
    'dataset/invalid',
    `The splits overlap: ${count} in the files of two: ${told.join(', ')}${more}. \`overlap: drop\` leaves them out of training, ` +
      'and out of selection where the report has them.',
    { count: shared.length, first: pairs },
  );
}

function problemAt(problems: readonly RowProblem[], split: Split, index: number): Problem {
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
  const { split: _, place: _place, questionId: _questionId, ...problem } = found;
  return problem;
}

function emptySplit(table: TableSource, contents: ReadonlyMap<Split, TableContent>, split: Split): RlvrError {
  const { files } = table;
  const named = (list: readonly TableFile[]): string => list.map(({ name }) => name).join(', ');
  const own = isDivided(files) ? files : files[split];
  const left = [...contents.values()].flatMap(({ findings }) => findings.map(({ what, count }) => `${count} ${what}`));
  const reason = isDivided(files)
    ? `${named(files)} holds no problem whose text belongs to it (one tenth of all texts is for report, one tenth for selection)`
    : own !== undefined
      ? contents.get(split)?.problems.length === 0
        ? `${named(own)} holds no problem that can be used`
        : `${named(own)} holds no problem that is not also in a file of another split`
      : contents.has('train') && table.carve
        ? 'it has no file of its own, and none of the training questions belongs to it'
        : 'there is no file for it, nor a part of the training files';
  return new RlvrError(
    'dataset/empty',
    `The ${split} split of the data set is empty: ${reason}.${left.length === 0 ? '' : ` Found: ${left.join('; ')}.`}${table.hint ?? ''}`,
    { split, files: own?.map(({ path }) => path) },
  );
}
