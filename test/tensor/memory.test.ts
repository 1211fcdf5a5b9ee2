import '@tensorflow/tfjs-backend-cpu';
import { expect, it } from 'vitest';
import { compile } from '../../core/tensor/compile.ts';
import { tf } from '../../core/tensor/tf.ts';
import { traceBackend } from '../../core/tensor/traceBackend.ts';

const width = 512;
/** One constant of each graph: 8 MB. */
const constant = new Float32Array(width * width * 8).fill(0.5);

/** Compiles, runs and frees a graph that holds a constant and activations of some megabytes. */
async function compileRunRelease(rows: number): Promise<void> {
  const graph = await compile({ x: { shape: ['rows', width], dtype: 'float32' } }, ({ x }) => {
    const weight = tf.tensor2d(constant, [width, width * 8]);
    return tf.valueAndGrad((z: tf.Tensor) => tf.sum(tf.square(tf.matMul(z, weight))))(x!);
  });
  for (let i = 0; i < 2; i++) await graph.run({ x: new Float32Array(rows * width) }, { rows });
  await graph.release();
}

it('keeps no tensor and no memory of a released graph', async () => {
  const { gc } = globalThis;
  await tf.setBackend('cpu');
  for (let i = 0; i < 5; i++) await compileRunRelease(64 + i);
  const before = {
    tensors: tf.memory().numTensors,
    values: traceBackend().numDataIds(),
    rss: process.memoryUsage.rss(),
  };
  for (let i = 0; i < 15; i++) await compileRunRelease(64 + i);
  gc?.();
  expect(tf.memory().numTensors).toBe(before.tensors);
  expect(traceBackend().numDataIds()).toBe(before.values);
  // Each graph held on to would keep at least its 8 MB constant: 120 MB in all.
  expect(process.memoryUsage.rss() - before.rss).toBeLessThan(64 * 2 ** 20);
});
