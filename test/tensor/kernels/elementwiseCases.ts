import { tf } from '../../../core/tensor/tf.ts';
import { bools, edgeValues, floats, ints, type KernelCase, type KernelCases } from './kernelCase.ts';

type Unary = (x: tf.Tensor) => tf.Tensor;

interface UnaryOptions {
  readonly edges?: readonly number[];
  readonly tolerance?: number;
  readonly domain?: (x: number) => number;
  readonly zeroOfEitherSign?: boolean;
}

const finiteEdges = edgeValues.filter((value) => Math.abs(value) <= 1000);
const numbers = edgeValues.filter((value) => !Number.isNaN(value));
const whole = [0, 1, -1, 2, -2, 7, -7, 100, -100, 46_340, -46_340];

/** An op over shapes and edge values. */
function unary(op: Unary, options: UnaryOptions = {}): readonly KernelCase[] {
  const { edges = edgeValues, tolerance = 1e-6, domain = (x: number) => x, zeroOfEitherSign = false } = options;
  const values = (shape: readonly number[]) => {
    const input = floats(shape);
    return floats(shape, Array.from(input.data, domain));
  };
  return [
    { what: 'a scalar', inputs: [values([])], run: op, tolerance },
    { what: 'three axes', inputs: [values([2, 3, 5])], run: op, tolerance },
    { what: 'size 1', inputs: [values([1, 1])], run: op, tolerance },
    { what: 'nothing', inputs: [floats([0, 3])], run: op, tolerance },
    { what: 'edges', inputs: [floats([edges.length], edges)], run: op, tolerance, zeroOfEitherSign },
  ];
}

function onWhole(op: Unary): KernelCase {
  return { what: 'int32', inputs: [ints([whole.length], whole)], run: op };
}

const above1 = (x: number): number => 1 + Math.abs(x);
const within1 = (x: number): number => Math.tanh(x);
const positive = (x: number): number => Math.abs(x) + 0.01;

/** Ops of one tensor, element by element. */
export const unaryCases: KernelCases = {
  Abs: [...unary(tf.abs), onWhole(tf.abs)],
  Acos: unary(tf.acos, { domain: within1 }),
  Acosh: unary(tf.acosh, { domain: above1 }),
  Asin: unary(tf.asin, { domain: within1 }),
  Asinh: unary(tf.asinh),
  Atan: unary(tf.atan),
  Atanh: unary(tf.atanh, { domain: within1 }),
  Cast: castCases(),
  Ceil: unary(tf.ceil),
  ClipByValue: [
    ...unary((x) => tf.clipByValue(x, -0.5, 1.5)),
    { what: 'int32', inputs: [ints([4], [-5, 0, 3, 9])], run: (x) => tf.clipByValue(x, -1, 4) },
  ],
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  Elu: unary(tf.elu),
  Erf: unary(tf.erf),
  Exp: unary(tf.exp),
  Expm1: unary(tf.expm1, { zeroOfEitherSign: true }),
  Floor: unary(tf.floor),
  Identity: [
    ...unary((x) => tf.engine().runKernel('Identity', { x }) as unknown as tf.Tensor),
    onWhole((x) => tf.engine().runKernel('Identity', { x }) as unknown as tf.Tensor),
  ],
  IsFinite: unary(tf.isFinite),
  IsInf: unary(tf.isInf),
  IsNan: unary(tf.isNaN),
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.1)),
  Log: unary(tf.log, { domain: positive }),
  Log1p: unary(tf.log1p, { domain: positive, zeroOfEitherSign: true }),
  LogicalNot: [{ what: 'bool', inputs: [bools([2, 3])], run: tf.logicalNot }],
  Neg: [...unary(tf.neg), onWhole(tf.neg)],
  OnesLike: [...unary(tf.onesLike), onWhole(tf.onesLike), { what: 'bool', inputs: [bools([2, 2])], run: tf.onesLike }],
  Reciprocal: unary(tf.reciprocal),
  Relu: [...unary(tf.relu, { zeroOfEitherSign: true }), onWhole(tf.relu)],
  Relu6: [...unary(tf.relu6, { zeroOfEitherSign: true }), onWhole(tf.relu6)],
  Round: unary(tf.round, { zeroOfEitherSign: true }),
  Rsqrt: unary(tf.rsqrt, { domain: positive }),
  Sigmoid: unary(tf.sigmoid),
  // NaN stays NaN, which tfjs makes 0.
  Sign: [...unary(tf.sign, { edges: numbers }), onWhole(tf.sign)],
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh),
  Softplus: unary(tf.softplus),
  Sqrt: unary(tf.sqrt, { domain: positive }),
  Square: [...unary(tf.square), onWhole(tf.square)],
  Step: [...unary((x) => tf.step(x, 0.25)), onWhole((x) => tf.step(x, 2))],
  Tan: unary(tf.tan, { edges: finiteEdges }),
  Tanh: unary(tf.tanh),
  ZerosLike: [
    ...unary(tf.zerosLike),
    onWhole(tf.zerosLike),
    { what: 'bool', inputs: [bools([2, 2])], run: tf.zerosLike },
  ],
};

function castCases(): readonly KernelCase[] {
  const edges = floats([10], [NaN, Infinity, -Infinity, 0, -0, 0.9, -0.9, 2.5, -2.5, 2 ** 30]);
  return [
    { what: 'float32 to int32', inputs: [edges], run: (x) => tf.cast(x, 'int32') },
    { what: 'float32 to bool', inputs: [edges], run: (x) => tf.cast(x, 'bool') },
    { what: 'int32 to float32', inputs: [ints([3], [-7, 0, 2 ** 24 + 1])], run: (x) => tf.cast(x, 'float32') },
    { what: 'int32 to bool', inputs: [ints([3], [-7, 0, 1])], run: (x) => tf.cast(x, 'bool') },
    { what: 'bool to int32', inputs: [bools([2, 3])], run: (x) => tf.cast(x, 'int32') },
    { what: 'bool to float32', inputs: [bools([2, 3])], run: (x) => tf.cast(x, 'float32') },
    { what: 'nothing', inputs: [ints([0, 2], [])], run: (x) => tf.cast(x, 'float32') },
  ];
}
