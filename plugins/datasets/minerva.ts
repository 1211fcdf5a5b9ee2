import { boxedTemplate, knownDataset, studyEvaluation } from '../../core/problems/hub/knownDataset.ts';

/**
 * 272 problems of undergraduate science courses. Copies of the original layout have a worked solution with the answer in a box instead of
 * the answer itself; both are read.
 */
export const minerva = knownDataset({
  id: 'minerva',
  summary: 'Minerva: 272 problems of university courses in science, a benchmark',
  source: 'arXiv 2206.14858; math-ai/minervamath',
  hub: 'math-ai/minervamath',
  files: { report: 'test.jsonl' },
  columns: {
    question: ['question', 'problem'],
    reference: ['answer', 'solution'],
    reference_from: 'box_or_text',
  },
  template: boxedTemplate,
  evaluation: studyEvaluation(4),
});
