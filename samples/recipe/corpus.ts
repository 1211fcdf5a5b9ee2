/**
 * What the base model is made from: the training split of this data set (`arithmetic`), every setting written out, so that a
 * change of defaults never changes the base. See README.md.
 */
export const corpusDataset = {
  type: 'arithmetic',
  families: ['chains', 'linear'],
  operations: [2, 4],
  operators: { '+': 1, '-': 1, '*': 1 },
  operands: [1, 99],
  factors: [2, 9],
  results: [0, 99],
  coefficients: [2, 9],
  constants: [1, 99],
  solutions: [0, 59],
  worked: 0.5,
} as const;

/**
 * What the bases of the study are made from: the same with rare equations and rare multiplications, so that beside the habit there is
 * skill left to be learned. A family that is named several times is drawn so often.
 */
const studyDataset = {
  ...corpusDataset,
  families: ['chains', 'chains', 'chains', 'chains', 'linear'],
  operators: { '+': 1, '-': 1, '*': 0.1 },
} as const;

/** Training corpora by name: that of `samples/base`, and that of the bases of `samples/study`. */
export const corpora = { sample: corpusDataset, study: studyDataset } as const;

/** Name of a corpus. */
export type CorpusName = keyof typeof corpora;

/** Whether a text names a corpus. */
export function isCorpusName(text: string): text is CorpusName {
  return Object.hasOwn(corpora, text);
}
