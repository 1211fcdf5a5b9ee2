import { boxedTemplate, knownDataset, studyEvaluation } from '../../core/problems/hub/knownDataset.ts';

/** The 30 problems of AIME I and II of 2025; answers are whole numbers from 0 to 999. */
export const aime2025 = knownDataset({
  id: 'aime_2025',
  summary: 'AIME 2025: 30 competition problems, a benchmark',
  source: 'MAA; math-ai/aime25',
  hub: 'math-ai/aime25',
  files: { report: 'test.jsonl' },
  columns: { question: 'problem', reference: 'answer' },
  template: boxedTemplate,
  evaluation: studyEvaluation(32),
});
