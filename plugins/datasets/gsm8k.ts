import { boxedTemplate, knownDataset, studyEvaluation } from '../../core/problems/hub/knownDataset.ts';

/** Word problems of grade school: 7,473 for training and 1,319 for the report. The answer follows the last `####` of the solution. */
export const gsm8k = knownDataset({
  id: 'gsm8k',
  summary: 'GSM8K: grade school word problems, 7,473 for training and 1,319 for the report',
  source: 'arXiv 2110.14168; openai/gsm8k',
  hub: 'openai/gsm8k',
  configs: ['main', 'socratic'],
  files: { train: '{config}/train-*.parquet', report: '{config}/test-*.parquet' },
  columns: { question: 'question', reference: 'answer', reference_after: '####' },
  template: boxedTemplate,
  evaluation: studyEvaluation(1, 4096),
});
