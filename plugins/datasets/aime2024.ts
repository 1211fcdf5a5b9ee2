import { boxedTemplate, knownDataset, studyEvaluation } from '../../core/problems/hub/knownDataset.ts';

/** The 30 problems of AIME I and II of 2024; answers are whole numbers from 0 to 999. */
export const aime2024 = knownDataset({
  id: 'aime_2024',
  summary: 'AIME 2024: 30 competition problems, a benchmark',
  source: 'MAA; HuggingFaceH4/aime_2024',
  hub: 'HuggingFaceH4/aime_2024',
  // The hub calls its only split `train`.
  files: { report: 'data/train-*.parquet' },
  columns: { question: 'problem', reference: 'answer' },
  template: boxedTemplate,
  evaluation: studyEvaluation(32),
});
