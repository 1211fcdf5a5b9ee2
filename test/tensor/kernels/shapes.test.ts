import { describe, expect, it } from 'vitest';
import { checkKernel } from './checkKernel.ts';
import { shapeCases } from './shapeCases.ts';

describe('kernels that move values', () => {
  it.each(Object.entries(shapeCases))('%s equals the CPU backend', async (kernel, cases) => {
    expect(await checkKernel(kernel, cases)).toEqual([]);
  });
});
