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
