import { describe, expect, it } from 'vitest';
import { registerTraceKernels } from '../../../core/tensor/kernels/register.ts';
import { registerTraceableGradients } from '../../../core/tensor/gradients.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { checkGradients } from './checkGradient.ts';
import { kernelGradientCases } from './kernelGradientCases.ts';

const withoutGradient = {
  FloorDiv: 'tfjs gives the gradient of a division',
  OneHot: 'it takes whole numbers',
  Prod: 'tfjs chains ops in its gradient, which its modules do not have',
};

describe('gradients of tfjs', () => {
  it.each(Object.entries(kernelGradientCases))('%s equals finite differences', async (kernel, cases) => {
    expect(await checkGradients(kernel, cases)).toEqual([]);
  });

  it('are all checked', () => {
    registerTraceKernels();
    registerTraceableGradients();
    const differentiable = tf
      .getKernelsForBackend('trace')
      .map(({ kernelName }) => kernelName)
      .filter((name) => (tf.getGradient(name) as tf.GradConfig | undefined) !== undefined);
    expect([...Object.keys(kernelGradientCases), ...Object.keys(withoutGradient)].sort()).toEqual(
      differentiable.sort(),
    );
  });
});
