import { assertClose } from 'rlvr-lab/conformance/assertClose';
import type { ParameterSpec } from 'rlvr-lab/contracts/parameter';
import { compile } from 'rlvr-lab/tensor/compile';
import type { tf } from 'rlvr-lab/tensor/tf';
import { optimizer } from './optimizer.ts';

const spec: ParameterSpec = { name: 'block.w', role: 'matrix', shape: [3], trainable: true, scaling: 1 };

export const tests = {
  'moves against the sign of the gradient': async () => {
    const float = (shape: readonly number[]) => ({ shape, dtype: 'float32' as const });
    const inputs = { value: float([3]), gradient: float([3]), momentum: float([3]), rate: float([]), step: float([]) };
    const graph = await compile(inputs, ({ value, gradient, momentum, rate, step }) => {
      const parameter = { spec, value: value!, gradient: gradient!, slots: { momentum: momentum! } };
      const scalars = { learningRate: rate as tf.Scalar, step: step as tf.Scalar };
      const [update] = optimizer.update(optimizer.config.parse({}), [parameter], scalars, []);
      return { value: update!.value };
    });
    const results = await graph.run({
      value: Float32Array.of(1, 1, 1),
      gradient: Float32Array.of(3, -0.5, 0),
      momentum: new Float32Array(3),
      rate: Float32Array.of(0.1),
      step: Float32Array.of(1),
    });
    await graph.release();
    assertClose(results['value']!.data, [0.9, 1.1, 1], 1e-6, 'values after a step');
  },
};
