import { RlvrError } from '../../errors.ts';
import type { Value } from '../graphBuilder.ts';
import type { Graph } from '../onnx/model.ts';
import type { tf } from '../tf.ts';
import { traceBackend } from '../traceBackend.ts';

type Tensors = Readonly<Record<string, tf.Tensor>>;

/**
 * Runs one of two bodies inside the graph (ONNX If), and only that one. Both are traced once, may use any tensor of
 * the surrounding graph, and give tensors of the same names and types; the second is told the names. It has no
 * gradient. Only while tracing.
 */
export function branch(
  condition: tf.Tensor,
  whenTrue: () => Tensors,
  whenFalse: (names: readonly string[]) => Tensors,
): Tensors {
  const backend = traceBackend();
  const { builder } = backend;
  const chosen = backend.graphValue(condition);
  const record = (body: () => Tensors): { readonly graph: Graph; readonly values: ReadonlyMap<string, Value> } => {
    builder.openBody();
    const values = new Map(Object.entries(body()).map(([name, tensor]) => [name, backend.graphValue(tensor)]));
    // A body's outputs must be made in the body, each once.
    const own = [...values.values()].map((value) => builder.rename(value));
    return { graph: builder.closeBody(own), values };
  };
  const yes = record(whenTrue);
  const names = [...yes.values.keys()];
  const no = record(() => inOrder(whenFalse(names), names));
  const outputs = [...yes.values.values()].map(({ type, shape }) => ({ type, shape }));
  const results = builder.addMulti('If', [chosen], outputs, {
    attributes: { then_branch: { graph: yes.graph }, else_branch: { graph: no.graph } },
  });
  return Object.fromEntries(names.map((name, i) => [name, backend.tensorOf(results[i] as Value)]));
}

function inOrder(tensors: Tensors, names: readonly string[]): Tensors {
  return Object.fromEntries(
    names.map((name) => {
      const tensor = tensors[name];
      if (tensor === undefined)
        throw new RlvrError('tensor/trace', `Only one of the branches gives a tensor "${name}".`, { name });
      return [name, tensor];
    }),
  );
}
