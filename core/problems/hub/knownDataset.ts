import path from 'node:path';
import { statSync } from 'node:fs';
import { z } from 'zod';
import type { Dataset, EvaluationSettings, Split } from '../../contracts/dataset.ts';
import { carveOption, rowColumns, rowSelection, templateOption, type RowOptions } from '../rowOptions.ts';
import { invalidFile } from '../rows/dataFile.ts';
import type { TableFile } from '../rows/readRows.ts';
import { openTable, type SplitFiles } from '../tableSource.ts';
import { matching } from './dataFiles.ts';
import { filesBelow } from './hubCache.ts';
import { hubFiles } from './hubFiles.ts';
import { hubId, revisionOption } from './hubOptions.ts';

/** A known data set of the hub: where its rows lie, and what they hold. */
export interface KnownDataset {
  readonly id: string;
  readonly summary: string;
  readonly source: string;
  /** On the hub. */
  readonly hub: string;
  /** Its files by split, as a pattern; `{config}` stands for the configuration. */
  readonly files: Readonly<Partial<Record<Split, string>>>;
  /** Its configurations, the usual one first. */
  readonly configs?: readonly [string, ...string[]];
  readonly columns: Pick<RowOptions, 'question' | 'reference'> &
    Partial<Pick<RowOptions, 'reference_after' | 'reference_from' | 'difficulty'>>;
  /** How a model is asked. */
  readonly template: string;
  readonly evaluation?: EvaluationSettings;
}

type Patterns = Readonly<Partial<Record<Split, string>>>;

interface KnownConfig extends Omit<
  RowOptions,
  'question' | 'reference' | 'reference_after' | 'reference_from' | 'difficulty'
> {
  readonly mirror?: string | undefined;
  readonly config?: string | undefined;
  readonly revision: string;
  readonly path?: string | undefined;
  readonly carve?: boolean | undefined;
  readonly divide?: boolean | undefined;
}

/** The instruction under which mathematics is usually asked: an answer in a box is found by the verifier. */
export const boxedTemplate = '{question}\n\nPlease reason step by step, and put your final answer within \\boxed{}.';

/** The study's sampling of benchmarks: arXiv 2512.23165, temperature 0.7, top_p 0.9, 31,744 tokens; avg@k with this k. */
export function studyEvaluation(samples: number, tokens = 31_744): EvaluationSettings {
  return { samples, temperature: 0.7, top_p: 0.9, max_completion_tokens: tokens };
}

/**
 * A plugin that reads one known data set from the hub, its cache or a copy. What has no training split is a benchmark: all of it is for the
 * report, unless it is divided.
 */
export function knownDataset(known: KnownDataset): Dataset<KnownConfig> {
  return {
    id: known.id,
    summary: known.summary,
    source: known.source,
    ...(known.evaluation === undefined ? {} : { evaluation: known.evaluation }),
    config: configOf(known),
    open: async (config, options) => {
      const { config: configuration, revision, mirror, path: copy, carve, divide, ...rows } = config;
      const id = mirror ?? known.hub;
      const patterns = bySplit(known.files, (pattern) => pattern.replace('{config}', configuration ?? ''));
      const fetched =
        copy === undefined
          ? await hubFiles({
              id,
              revision,
              signal: options.signal,
              onDidDownload: options.onDidDownload,
              choose: ({ files }) => ({
                splits: bySplit(patterns, (pattern) => matching(files, [pattern])),
                isDeclared: true,
              }),
            })
          : undefined;
      const splits = fetched?.splits ?? copiedFiles(path.resolve(options.baseFolder, copy ?? ''), patterns);
      const files: SplitFiles = divide === true ? Object.values(splits).flat() : splits;
      return openTable(
        {
          files,
          options: { difficulty: undefined, reference_from: 'text', ...known.columns, ...rows },
          carve: carve === true,
          overlap: 'drop',
          family: known.id,
          identity: { id: known.id, config },
          ...(known.files.train === undefined && divide !== true
            ? { hint: ' It is a benchmark, and all of it is for the report; `divide: true` divides it.' }
            : {}),
          ...(fetched === undefined ? {} : { origin: `${id}@${fetched.commit}` }),
        },
        options,
      );
    },
  };
}

/** Which keys there are depends on the data set, which the types of zod cannot follow. */
function configOf(known: KnownDataset): z.ZodType<KnownConfig> {
  const { family, demonstration, problem_id } = rowColumns;
  const shape = {
    ...(known.configs === undefined
      ? {}
      : { config: z.enum(known.configs).default(known.configs[0]).describe('Its configuration') }),
    revision: revisionOption,
    mirror: hubId
      .optional()
      .describe(`Another data set of the hub with the same files and columns, instead of ${known.hub}`),
    path: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A copy instead of the hub: a file, or a folder with the files as on the hub. Relative to the experiment file',
      ),
    ...(known.files.train === undefined
      ? {
          divide: z
            .boolean()
            .default(false)
            .describe(
              'Divide it by the hash of each question into train (eight tenths), selection and report (one each), instead of giving all ' +
                'to the report',
            ),
        }
      : { carve: carveOption }),
    template: templateOption
      .default(known.template)
      .describe('How a question is worded: {question} and {column} are filled in'),
    family: family.describe('Column with the kind of task; one family when left out'),
    demonstration,
    problem_id,
    ...rowSelection,
  };
  return z.strictObject(shape) as unknown as z.ZodType<KnownConfig>;
}

/** The files of a copy that is laid out as on the hub; a single file is divided, or all of a benchmark. Throws `dataset/invalid`. */
function copiedFiles(copy: string, patterns: Patterns): SplitFiles {
  const stat = statSync(copy, { throwIfNoEntry: false });
  if (stat === undefined) throw invalidFile(copy, 'there is no such file or folder');
  const tableFile = (file: string): TableFile => ({ path: file, name: file });
  if (!stat.isDirectory()) return patterns.train === undefined ? { report: [tableFile(copy)] } : [tableFile(copy)];
  const names = filesBelow(copy);
  return bySplit(patterns, (pattern) => {
    const files = matching(names, [pattern]);
    if (files.length === 0) throw invalidFile(copy, `there is no file ${pattern}`);
    return files.map((file) => tableFile(path.join(copy, ...file.split('/'))));
  });
}

function bySplit<From, To>(
  values: Readonly<Partial<Record<Split, From>>>,
  map: (value: From) => To,
): Partial<Record<Split, To>> {
  return Object.fromEntries(Object.entries(values).map(([split, value]) => [split, map(value)]));
}
