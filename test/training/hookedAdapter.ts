import { z } from 'zod';
import type { Adapter, AdapterHooks } from '../../core/contracts/adapter.ts';
import type { InitialParameter } from '../../core/contracts/parameter.ts';
import { tf } from '../../core/tensor/tf.ts';

type NoConfig = Record<string, never>;

/** An adapter of two query projections: an offset of the output [out] that is trained, and a place [] that only its hook moves. */
export function hookedAdapter(
  hooks: AdapterHooks<NoConfig, undefined>,
  movesPlace: boolean,
): Adapter<NoConfig, undefined> {
  return {
    id: 'hooked',
    summary: 'An offset of the rows of the weight',
    source: 'this test',
    formula: '',
    config: z.strictObject({}),
    isIdentityAtStart: () => true,
    targets: (_config, layers) => layers.filter(({ module }) => module === 'q_proj'),
    plan: (_config, targets) => ({ layers: new Map(targets.map(({ name }) => [name, undefined])), shared: [] }),
    attach: ({ layer }) => {
      const common = { layer, scaling: 1 } as const;
      const [out = 0] = layer.shape;
      const parameters: InitialParameter[] = [
        {
          ...common,
          name: `${layer.name}.offset`,
          role: 'vector',
          shape: [out, 1],
          trainable: true,
          values: new Float32Array(out),
        },
        {
          ...common,
          name: `${layer.name}.place`,
          role: 'vector',
          shape: [],
          trainable: false,
          ...(movesPlace ? { movedByHook: true } : {}),
          values: Float32Array.of(0),
        },
      ];
      return { parameters };
    },
    merged: (layer) => ({
      weight: tf.add(layer.weight, layer.parameter('offset')),
      ...(layer.bias === undefined ? {} : { bias: layer.bias }),
    }),
    hooks,
    toPeft: () => undefined,
    fromPeft: () => ({ refused: 'PEFT does not have it' }),
  };
}
