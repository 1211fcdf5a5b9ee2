import { assertClose } from 'rlvr-lab/conformance/assertClose';
import type { TargetLayer } from 'rlvr-lab/contracts/parameter';
import { compile } from 'rlvr-lab/tensor/compile';
import { randomStream } from 'rlvr-lab/tensor/random';
import { adapter } from './adapter.ts';

const layer: TargetLayer = { name: 'block.q_proj', module: 'q_proj', kind: 'linear', shape: [2, 3], hasBias: false };

/** What the conformance suite cannot know: that the method computes what its formula says. */
export const tests = {
  'computes W + s B A': async () => {
    const [w, a, b] = [
      [1, 2, 3, 4, 5, 6],
      [1, 0, -1],
      [2, 3],
    ];
    const specs = { w: [2, 3], a: [1, 3], b: [2, 1] };
    const inputs = Object.fromEntries(
      Object.entries(specs).map(([name, shape]) => [name, { shape, dtype: 'float32' as const }]),
    );
    const graph = await compile(inputs, (tensors) => {
      const parameter = (name: string) => tensors[name]!;
      const { weight } = adapter.merged({
        layer,
        options: { rank: 1, scaling: 0.5 },
        weight: tensors['w']!,
        parameter,
        dropout: (x) => x,
      });
      return { weight };
    });
    const { weight } = await graph.run({ w: Float32Array.from(w), a: Float32Array.from(a), b: Float32Array.from(b) });
    await graph.release();
    assertClose(weight!.data, [2, 2, 2, 5.5, 5, 4.5], 1e-6, 'the merged weight');
  },
  'starts with B at zero': () => {
    const { parameters } = adapter.attach({
      layer,
      options: { rank: 1, scaling: 1 },
      weight: new Float32Array(6),
      random: randomStream(1),
    });
    assertClose(parameters.find(({ name }) => name.endsWith('.b'))!.values, [0, 0], 0, 'B');
  },
};
