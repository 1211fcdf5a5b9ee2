import { boxedTemplate, knownDataset, studyEvaluation } from '../../core/problems/hub/knownDataset.ts';

/** 40 problems of AMC 12 of 2023 whose answers are numbers. */
export const amc2023 = knownDataset({
  id: 'amc_2023',
  summary: 'AMC 2023: 40 competition problems, a benchmark',
  source: 'MAA; math-ai/amc23',
  hub: 'math-ai/amc23',
  files: { report: 'test-*.parquet' },
  columns: { question: 'question', reference: 'answer' },
  template: boxedTemplate,
  evaluation: studyEvaluation(32),
});
