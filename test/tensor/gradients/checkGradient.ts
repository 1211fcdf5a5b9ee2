import '@tensorflow/tfjs-backend-cpu';
import { compile, type TensorResult } from '../../../core/tensor/compile.ts';
import { tf } from '../../../core/tensor/tf.ts';
import type { CaseInput, KernelCase } from '../kernels/kernelCase.ts';
import { sizesOf, specOf } from '../kernels/symbolicSizes.ts';

/** A function whose gradients are checked; those of its float32 inputs unless told otherwise. */
export interface GradientCase extends KernelCase {
  run(...inputs: tf.Tensor[]): tf.Tensor;
  /** Which inputs get a gradient. */
  readonly wrt?: readonly number[];
  /** Half the distance between the points of the wider difference. */
  readonly step?: number;
}

/** Cases by the kernel or op whose gradient they test. */
export type GradientCases = Readonly<Record<string, readonly GradientCase[]>>;

const defaultStep = 1 / 32;
const defaultTolerance = 1e-4;

/**
 * Compares traced gradients of sum(y^2 / 2 + y) with differences of tfjs's CPU backend, where custom gradients and ONNX ops play no part.
 * The loss is summed in float64, so that a float32 rounding of y, 6e-8, divided by a step of 1/32 is all of the noise; Richardson's
 * extrapolation of two central differences leaves an error of order step^4. Returns what is wrong, in words.
 */
export async function checkGradients(name: string, cases: readonly GradientCase[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const each of cases) {
    for (const symbolic of each.fixedSizes === undefined ? [false, true] : [false]) {
      const where = `${name}, ${each.what}${symbolic ? ', symbolic sizes' : ''}`;
      try {
        problems.push(...(await checkCase(each, symbolic)).map((problem) => `${where}: ${problem}`));
      } catch (error) {
        problems.push(`${where}: ${String(error)}`);
      }
    }
  }
  return problems;
}

async function checkCase(each: GradientCase, symbolic: boolean): Promise<readonly string[]> {
  const { inputs, tolerance = defaultTolerance } = each;
  const traced = await tracedGradients(each, symbolic);
  await tf.setBackend('cpu');
  const problems: string[] = [];
  const compare = (what: string, actual: TensorResult | undefined, wanted: readonly number[]): void => {
    const wrong = wanted.findIndex(
      (b, i) => !(Math.abs((actual?.data[i] ?? NaN) - b) <= tolerance * Math.max(1, Math.abs(b))),
    );
    if (actual?.data.length !== wanted.length)
      problems.push(`${what} has ${actual?.data.length} values, not ${wanted.length}`);
    else if (wrong >= 0) problems.push(`${what}: value ${wrong} is ${actual.data[wrong]}, not ${wanted[wrong]}`);
  };
  compare('the loss', traced['loss'], [lossOf(each, inputs)]);
  for (const index of gradientInputs(each)) {
    const { data } = inputs[index]!;
    compare(
      `gradient ${index}`,
      traced[`gradient ${index}`],
      Array.from(data, (_, at) => differenceAt(each, index, at)),
    );
  }
  return problems;
}

function gradientInputs({ inputs, wrt }: GradientCase): readonly number[] {
  return wrt ?? inputs.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []));
}

async function tracedGradients(each: GradientCase, symbolic: boolean): Promise<Readonly<Record<string, TensorResult>>> {
  const indices = gradientInputs(each);
  const specs = Object.fromEntries(each.inputs.map((input, i) => [`${i}`, specOf(input, symbolic)]));
  const graph = await compile(specs, (tensors) => {
    const loss = (...own: tf.Tensor[]): tf.Tensor => {
      const given = each.inputs.map((_, i) => own[indices.indexOf(i)] ?? tensors[`${i}`]!);
      const y = tf.cast(each.run(...given), 'float32');
      return tf.sum(tf.add(tf.mul(tf.square(y), 0.5), y));
    };
    if (indices.length === 0) return { loss: loss() };
    const { value, grads } = tf.valueAndGrads(loss)(indices.map((i) => tensors[`${i}`]!));
    return { loss: value, ...Object.fromEntries(indices.map((index, i) => [`gradient ${index}`, grads[i]!])) };
  });
  const feeds = Object.fromEntries(each.inputs.map(({ data }, i) => [`${i}`, data]));
  const results = await graph.run(feeds, symbolic ? sizesOf(each.inputs) : {});
  await graph.release();
  return results;
}

function lossOf({ run }: GradientCase, inputs: readonly CaseInput[]): number {
  return tf.tidy(() => {
    const y = run(...inputs.map(({ shape, dtype, data }) => tf.tensor(data, [...shape], dtype)));
    return Array.from(y.dataSync()).reduce((sum, value) => sum + (value * value) / 2 + value, 0);
  });
}

function differenceAt(each: GradientCase, index: number, at: number): number {
  const { step = defaultStep } = each;
  return (4 * centralDifference(each, index, at, step / 2) - centralDifference(each, index, at, step)) / 3;
}

function centralDifference(each: GradientCase, index: number, at: number, step: number): number {
  const moved = (by: number): { readonly inputs: readonly CaseInput[]; readonly value: number } => {
    const input = each.inputs[index]!;
    const data = Float32Array.from(input.data);
    data[at] = data[at]! + by;
    return { inputs: each.inputs.map((other, i) => (i === index ? { ...input, data } : other)), value: data[at] };
  };
  const [up, down] = [moved(step), moved(-step)];
  return (lossOf(each, up.inputs) - lossOf(each, down.inputs)) / (up.value - down.value);
}
