import { describe, expect, it } from 'vitest';
import { checkGradients } from '../gradients/checkGradient.ts';
import { forwardCases, opGradientCases } from './opGradientCases.ts';

describe('ops with a gradient of their own', () => {
  it.each(Object.entries(opGradientCases))('%s equals finite differences', async (op, cases) => {
    expect(await checkGradients(op, cases)).toEqual([]);
  });

  it.each(Object.entries(forwardCases))('%s equals the composed op', async (op, forward) => {
    expect(await checkGradients(op, [{ ...forward, wrt: [] }])).toEqual([]);
  });
});
