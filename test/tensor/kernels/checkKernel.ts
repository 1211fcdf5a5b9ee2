import '@tensorflow/tfjs-backend-cpu';
import { inspect } from 'node:util';
import { compile, type TensorResult } from '../../../core/tensor/compile.ts';
import { configureRuntime } from '../../../core/tensor/runtime.ts';
import { tf } from '../../../core/tensor/tf.ts';
import type { TensorFunction } from '../../../core/tensor/trace.ts';
import type { KernelCase } from './kernelCase.ts';
import { sizesOf, specOf } from './symbolicSizes.ts';

const runs = 40;
const threadCounts = [1, 2];

/** What tfjs's own CPU backend gives. */
async function runEagerly({ inputs, run }: KernelCase): Promise<readonly TensorResult[]> {
  await tf.setBackend('cpu');
  return tf.tidy(() => {
    const results = run(...inputs.map(({ shape, dtype, data }) => tf.tensor(data, [...shape], dtype)));
    return listOf(results).map((tensor) => ({ shape: tensor.shape, data: typed(tensor) }));
  });
}

/** tfjs's CPU backend casts without changing the kind of array. */
function typed(tensor: tf.Tensor): TensorResult['data'] {
  const data = tensor.dataSync();
  if (tensor.dtype === 'float32') return Float32Array.from(data);
  return tensor.dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data);
}

/**
 * Compares a kernel with tfjs's CPU backend, at fixed and at symbolic sizes, with one thread and with two, and run after run.
 * Returns what is wrong, in words.
 */
export async function checkKernel(kernel: string, cases: readonly KernelCase[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const each of cases) {
    for (const symbolic of each.fixedSizes === undefined ? [false, true] : [false]) {
      const where = `${kernel}, ${each.what}${symbolic ? ', symbolic sizes' : ''}`;
      try {
        problems.push(...(await checkCase(kernel, each, symbolic)).map((problem) => `${where}: ${problem}`));
      } catch (error) {
        problems.push(`${where}: ${String(error)}`);
      }
    }
  }
  return problems;
}

async function checkCase(kernel: string, each: KernelCase, symbolic: boolean): Promise<readonly string[]> {
  const sizes = symbolic ? sizesOf(each.inputs) : {};
  const specs = Object.fromEntries(each.inputs.map((input, i) => [`${i}`, specOf(input, symbolic)]));
  const feeds = Object.fromEntries(each.inputs.map(({ data }, i) => [`${i}`, data]));
  const calls = { count: 0 };
  const traced: TensorFunction = (tensors) =>
    counting(kernel, calls, () => Object.fromEntries(listOf(each.run(...Object.values(tensors))).entries()));
  const problems = new Set<string>();
  let first: readonly TensorResult[] | undefined;
  for (const threads of threadCounts) {
    configureRuntime({ threads });
    const graph = await compile(specs, traced);
    for (let i = 0; i < runs; i++) {
      const results = Object.values(await graph.run(feeds, sizes));
      first ??= results;
      if (!sameBits(first, results)) problems.add(`other bits on ${threads} threads or in another run`);
    }
    await graph.release();
  }
  configureRuntime({ threads: 0 });
  if (calls.count === 0) problems.add('the case does not use the kernel');
  const expected = await runEagerly(each);
  expected.forEach((wanted, i) => {
    const problem = difference(first?.[i], wanted, each);
    if (problem !== undefined) problems.add(`output ${i} ${problem}`);
  });
  return [...problems];
}

function listOf(results: tf.Tensor | readonly tf.Tensor[]): readonly tf.Tensor[] {
  return results instanceof tf.Tensor ? [results] : results;
}

/** Counts how often a kernel of the tracing backend is called by `work`. */
function counting<T>(kernel: string, calls: { count: number }, work: () => T): T {
  const config = tf.getKernel(kernel, 'trace') as { kernelFunc: tf.KernelFunc };
  const { kernelFunc } = config;
  config.kernelFunc = (parameters) => {
    calls.count++;
    return kernelFunc(parameters);
  };
  try {
    return work();
  } finally {
    config.kernelFunc = kernelFunc;
  }
}

function sameBits(a: readonly TensorResult[], b: readonly TensorResult[]): boolean {
  return a.every(({ data }, i) => {
    const other = b[i]?.data;
    return other !== undefined && Buffer.from(bytesOf(data)).equals(bytesOf(other));
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: TensorResult['data']): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Infinities, NaN and the sign of zero have to agree; finite numbers up to the tolerance. */
function difference(actual: TensorResult | undefined, wanted: TensorResult, each: KernelCase): string | undefined {
  if (actual === undefined) return 'is missing';
  if (actual.shape.join() !== wanted.shape.join())
    return `has shape [${actual.shape.join()}], not [${wanted.shape.join()}]`;
  if (actual.data.constructor !== wanted.data.constructor)
    return `is a ${actual.data.constructor.name}, not a ${wanted.data.constructor.name}`;
  const wrong = wanted.data.findIndex((b, i) => !isClose(actual.data[i] ?? NaN, b, each));
  return wrong < 0 ? undefined : `value ${wrong} is ${inspect(actual.data[wrong])}, not ${inspect(wanted.data[wrong])}`;
}

function isClose(a: number, b: number, { tolerance = 1e-6, zeroOfEitherSign = false }: KernelCase): boolean {
  if (Object.is(a, b)) return true;
  if (a === 0 && b === 0) return zeroOfEitherSign;
  return Number.isFinite(b) && Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
}
