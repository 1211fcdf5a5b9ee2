import { z } from 'zod';
import type { Dataset } from '../../core/contracts/dataset.ts';
import { dataFilesOf, matching } from '../../core/problems/hub/dataFiles.ts';
import { hubFiles } from '../../core/problems/hub/hubFiles.ts';
import {
  assignSplits,
  hubId,
  revisionOption,
  splitOption,
  type SplitChoice,
} from '../../core/problems/hub/hubOptions.ts';
import {
  carveOption,
  overlapOption,
  rowColumns,
  rowSelection,
  type RowOptions,
} from '../../core/problems/rowOptions.ts';
import { openTable } from '../../core/problems/tableSource.ts';

interface HubConfig extends RowOptions {
  readonly id: string;
  readonly config?: string | undefined;
  readonly split?: SplitChoice;
  readonly revision: string;
  readonly files?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly carve: boolean;
  readonly overlap: 'refuse' | 'drop';
}

const name = z.string().min(1);

/**
 * Problems from the Hugging Face hub. Files lie in the cache folder of the hub's Python library, so what one has fetched the other finds;
 * with them there, no network is needed.
 */
export const hub: Dataset<HubConfig> = {
  id: 'hub',
  summary: 'Problems from a data set on the Hugging Face hub, or its cached copy',
  source: 'huggingface.co; listed by @huggingface/hub',
  config: z.strictObject({
    id: hubId.describe('The data set, as in openai/gsm8k'),
    config: name.optional().describe('Its configuration, where it has several; else a folder of it'),
    split: splitOption,
    revision: revisionOption,
    files: z
      .record(name, z.union([name, z.array(name).min(1)]))
      .optional()
      .describe(
        'Which files each split of the hub’s has, as in {train: "data/train-*"}, where its card does not say so',
      ),
    ...rowColumns,
    ...rowSelection,
    carve: carveOption,
    overlap: overlapOption,
  }),
  open: async (config, options) => {
    const { id, config: configuration, split, revision, files, carve, overlap, ...rows } = config;
    const { signal, onDidDownload } = options;
    const found = await hubFiles({
      id,
      revision,
      signal,
      onDidDownload,
      choose: (listing) =>
        files === undefined
          ? dataFilesOf(listing, configuration)
          : {
              splits: Object.fromEntries(
                Object.entries(files).map(([key, patterns]) => [
                  key,
                  matching(listing.files, typeof patterns === 'string' ? [patterns] : patterns),
                ]),
              ),
              isDeclared: true,
            },
    });
    return openTable(
      {
        files: assignSplits(id, found.splits, split),
        options: rows,
        carve,
        overlap,
        family: id.split('/').at(-1) ?? id,
        identity: { config },
        origin: `${id}@${found.commit}`,
      },
      options,
    );
  },
};
