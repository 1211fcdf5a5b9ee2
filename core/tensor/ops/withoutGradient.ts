import { tf } from '../tf.ts';

/**
 * A value computed from `inputs` through which no gradient flows: masks and weights that a loss takes as given. What happens inside is
 * not differentiated at all, so it may use ops that have no gradient, such as comparisons.
 */
export function withoutGradient<Input extends tf.Tensor, Output extends tf.Tensor>(
  inputs: readonly Input[],
  compute: (...inputs: Input[]) => Output,
): Output {
  const detached = tf.customGrad((...given) => {
    const tensors = given.slice(0, inputs.length) as Input[];
    return { value: compute(...tensors), gradFunc: () => tensors.map((tensor) => tf.zerosLike(tensor)) };
  });
  return detached(...inputs);
}
