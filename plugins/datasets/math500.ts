import { boxedTemplate, knownDataset, studyEvaluation } from '../../core/problems/hub/knownDataset.ts';

/** 500 test problems of the MATH data set, with levels from 1 to 5. */
export const math500 = knownDataset({
  id: 'math_500',
  summary: 'MATH-500: 500 competition problems of levels 1 to 5, a benchmark',
  source: 'arXiv 2305.20050; HuggingFaceH4/MATH-500',
  hub: 'HuggingFaceH4/MATH-500',
  files: { report: 'test.jsonl' },
  columns: { question: 'problem', reference: 'answer', difficulty: 'level' },
  template: boxedTemplate,
  evaluation: studyEvaluation(4),
});
