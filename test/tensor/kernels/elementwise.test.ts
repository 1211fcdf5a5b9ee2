import { describe, expect, it } from 'vitest';
import { binaryCases, logicCases } from './binaryCases.ts';
import { checkKernel } from './checkKernel.ts';
import { unaryCases } from './elementwiseCases.ts';

describe.each([
  ['of one tensor', unaryCases],
  ['of two tensors', binaryCases],
  ['of truth values', logicCases],
])('kernels %s', (_, table) => {
  it.each(Object.entries(table))('%s equals the CPU backend', async (kernel, cases) => {
    expect(await checkKernel(kernel, cases)).toEqual([]);
  });
});
