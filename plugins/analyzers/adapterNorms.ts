import { z } from 'zod';
import type { Analyzer, LayerParameter } from '../../core/contracts/analyzer.ts';

const config = z.strictObject({});

function norm(parameters: readonly LayerParameter[]): number {
  let sum = 0;
  for (const { values } of parameters) {
    for (const value of values) sum += value * value;
  }
  return Math.sqrt(sum);
}

/** Sizes of what the method keeps in a layer. */
export const adapterNorms: Analyzer<z.output<typeof config>> = {
  id: 'adapter_norms',
  summary: 'Frobenius norms of A, of B and of a method’s other tensors',
  source: 'this project',
  config,
  measures: {
    a: { title: '||A||', unit: '1', explanation: 'Frobenius norm of the low-rank factor A [rank, in].' },
    b: { title: '||B||', unit: '1', explanation: 'Frobenius norm of the low-rank factor B [out, rank].' },
    other: {
      title: '||other||',
      unit: '1',
      explanation: 'Norm of the method’s other tensors in the layer, taken together.',
    },
  },
  analyze(_config, { parameters }) {
    const numbers: Record<string, number> = {};
    const measure = (name: string, isMeant: (parameter: LayerParameter) => boolean): void => {
      const meant = parameters.filter(isMeant);
      if (meant.length > 0) numbers[name] = norm(meant);
    };
    measure('a', ({ role }) => role === 'lora_A');
    measure('b', ({ role }) => role === 'lora_B');
    measure('other', ({ role }) => role !== 'lora_A' && role !== 'lora_B');
    return Promise.resolve({ numbers });
  },
};
