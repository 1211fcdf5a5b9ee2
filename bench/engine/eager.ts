import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as TensorFlow from '@tensorflow/tfjs-core';
import { randomStream } from '../../core/tensor/random.ts';
import type { Repeated } from './benchRun.ts';
import type { Product } from './products.ts';

// Named in a variable: it is no dependency of this package, only used where someone has installed it.
const packageName = '@tensorflow/tfjs-node';

type Eager = Pick<typeof TensorFlow, 'matMul' | 'tensor' | 'tidy'>;

/** tfjs-node, if it is installed in the repository and loads. */
export function loadEager(root: string): Eager | undefined {
  try {
    return createRequire(join(root, 'package.json'))(packageName) as Eager;
  } catch {
    return undefined;
  }
}

/** Products computed one by one, eagerly. */
export function productsEager(tf: Eager, products: readonly Product[]): Repeated {
  const work = products.map(({ batch, rows, inner, columns, transposeA, transposeB, count }) => {
    const a = randomTensor(tf, [batch, ...(transposeA ? [inner, rows] : [rows, inner])]);
    const b = randomTensor(tf, [batch, ...(transposeB ? [columns, inner] : [inner, columns])]);
    return { a, b, transposeA, transposeB, count };
  });
  return {
    run: async () => {
      for (const { a, b, transposeA, transposeB, count } of work) {
        for (let turn = 0; turn < count; turn++) tf.tidy(() => void tf.matMul(a, b, transposeA, transposeB));
      }
      await Promise.resolve();
    },
    release: async () => {
      for (const { a, b } of work) {
        a.dispose();
        b.dispose();
      }
      await Promise.resolve();
    },
  };
}

function randomTensor(tf: Eager, shape: number[]): TensorFlow.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(randomStream(7, 'bench eager').uniforms(size), shape);
}
