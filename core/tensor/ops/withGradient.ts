import { tf } from '../tf.ts';

/**
 * An op with a gradient of its own. `gradient` gets the output's gradient and what `forward` saved, and returns one gradient for each
 * input, in order. What no one needs of them is cut from the traced graph.
 */
export function withGradient<Inputs extends readonly tf.Tensor[], Saved extends readonly tf.Tensor[]>(
  inputs: readonly [...Inputs],
  forward: (...inputs: Inputs) => { readonly value: tf.Tensor; readonly saved: readonly [...Saved] },
  gradient: (dy: tf.Tensor, saved: Saved) => readonly tf.Tensor[],
): tf.Tensor {
  const op = tf.customGrad((...given) => {
    const save = given.at(-1) as unknown as (tensors: tf.Tensor[]) => void;
    const { value, saved } = forward(...(given.slice(0, -1) as unknown as Inputs));
    save([...saved]);
    return { value, gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => [...gradient(dy, kept as unknown as Saved)] };
  });
  return op(...(inputs as unknown as tf.Tensor[]));
}
