import { describe, expect, it } from 'vitest';
import { checkKernel } from './checkKernel.ts';
import { matMulCases } from './matmulCases.ts';

describe('matrix products', () => {
  it.each(Object.entries(matMulCases))('%s equals the CPU backend', async (kernel, cases) => {
    expect(await checkKernel(kernel, cases)).toEqual([]);
  });
});
