import { fileDataset } from '../../core/problems/fileDataset.ts';

/** Problems from Parquet files, read row group by row group; of nested columns the values that are named. */
export const parquet = fileDataset(
  { id: 'parquet', summary: 'Problems from Parquet files', source: 'this project; read by hyparquet' },
  'parquet',
);
