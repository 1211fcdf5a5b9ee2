import { fileDataset } from '../../core/problems/fileDataset.ts';

/** Problems from JSON Lines files, one object a line. */
export const jsonl = fileDataset(
  { id: 'jsonl', summary: 'Problems from JSON Lines files', source: 'this project' },
  'jsonl',
);
