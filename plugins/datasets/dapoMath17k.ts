import { boxedTemplate, knownDataset } from '../../core/problems/hub/knownDataset.ts';

/** Competition problems with whole-number answers, the training data of DAPO and of the study (deduplicated by open-r1). */
export const dapoMath17k = knownDataset({
  id: 'dapo_math_17k',
  summary: 'DAPO-Math-17k: 17,398 competition problems with whole-number answers, for training',
  source: 'arXiv 2503.14476; open-r1/DAPO-Math-17k-Processed',
  hub: 'open-r1/DAPO-Math-17k-Processed',
  configs: ['all', 'en', 'cn'],
  files: { train: '{config}/train-*.parquet' },
  columns: { question: 'prompt', reference: 'solution' },
  template: boxedTemplate,
});
