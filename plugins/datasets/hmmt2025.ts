import { boxedTemplate, knownDataset, studyEvaluation } from '../../core/problems/hub/knownDataset.ts';

/** The 30 problems with final answers of the Harvard-MIT Mathematics Tournament of February 2025. */
export const hmmt2025 = knownDataset({
  id: 'hmmt_2025',
  summary: 'HMMT February 2025: 30 competition problems, a benchmark',
  source: 'HMMT, by MathArena; MathArena/hmmt_feb_2025',
  hub: 'MathArena/hmmt_feb_2025',
  // The hub calls its only split `train`.
  files: { report: 'data/train-*.parquet' },
  columns: { question: 'problem', reference: 'answer' },
  template: boxedTemplate,
  evaluation: studyEvaluation(32),
});
