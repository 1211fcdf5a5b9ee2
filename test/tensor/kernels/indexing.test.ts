import { describe, expect, it } from 'vitest';
import { checkKernel } from './checkKernel.ts';
import { indexingCases } from './indexingCases.ts';

describe('kernels that take indices', () => {
  it.each(Object.entries(indexingCases))('%s equals the CPU backend', async (kernel, cases) => {
    expect(await checkKernel(kernel, cases)).toEqual([]);
  });
});
