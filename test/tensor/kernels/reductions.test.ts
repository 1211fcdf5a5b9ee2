import { describe, expect, it } from 'vitest';
import { checkKernel } from './checkKernel.ts';
import { reductionCases } from './reductionCases.ts';

describe('kernels that reduce', () => {
  it.each(Object.entries(reductionCases))('%s equals the CPU backend', async (kernel, cases) => {
    expect(await checkKernel(kernel, cases)).toEqual([]);
  });
});
