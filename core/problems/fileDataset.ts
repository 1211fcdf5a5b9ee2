import { z } from 'zod';
import type { Dataset, Split } from '../contracts/dataset.ts';
import { carveOption, overlapOption, rowColumns, rowSelection, type RowOptions } from './rowOptions.ts';
import { invalidFile } from './rows/dataFile.ts';
import { matchFiles } from './rows/matchFiles.ts';
import type { TableFile, TableFormat } from './rows/readRows.ts';
import { openTable, type SplitFiles } from './tableSource.ts';

type Paths = string | readonly string[];

/** Settings of a data set of local files. */
export interface FileConfig extends RowOptions {
  readonly path: Paths | Readonly<Partial<Record<Split, Paths | undefined>>>;
  readonly carve: boolean;
  readonly overlap: 'refuse' | 'drop';
}

const name = z.string().min(1);
const names = z.union([name, z.array(name).min(1)]);

/** A data set plugin that reads local files of one format. */
export function fileDataset(
  description: Pick<Dataset, 'id' | 'summary' | 'source'>,
  format: TableFormat,
): Dataset<FileConfig> {
  return {
    ...description,
    config: z.strictObject({
      path: z
        .union([
          names,
          z
            .strictObject({ train: names.optional(), selection: names.optional(), report: names.optional() })
            .refine(
              (splits) => Object.values(splits).some((own) => own !== undefined),
              'name a file for at least one split',
            ),
        ])
        .describe(
          'A file, divided by the hash of each question; or a file for each split (one that has none is carved out of training). A list, ' +
            'or `*` in the file’s name, for several files. Relative to the experiment file',
        ),
      ...rowColumns,
      ...rowSelection,
      carve: carveOption,
      overlap: overlapOption,
    }),
    open: async (config, options) => {
      const { path: paths, carve, overlap, ...rows } = config;
      const filesOf = (own: Paths): readonly TableFile[] => findFiles(options.baseFolder, own, format);
      const files: SplitFiles =
        typeof paths === 'string' || Array.isArray(paths)
          ? filesOf(paths as Paths)
          : Object.fromEntries(
              Object.entries(paths).flatMap(([split, own]: [string, Paths | undefined]) =>
                own === undefined ? [] : [[split, filesOf(own)] as const],
              ),
            );
      return openTable({ files, options: rows, carve, overlap, identity: { config } }, options);
    },
  };
}

/** The files that paths name. Throws `dataset/invalid` where a pattern matches none. */
function findFiles(baseFolder: string, paths: Paths, format: TableFormat): readonly TableFile[] {
  return (typeof paths === 'string' ? [paths] : paths).flatMap((pattern) => {
    const found = matchFiles(baseFolder, pattern);
    if (found.length === 0) throw invalidFile(pattern, 'no file has such a name');
    return found.map((file): TableFile => ({ path: file, name: file, format }));
  });
}
