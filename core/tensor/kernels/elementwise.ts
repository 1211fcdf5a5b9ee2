import { broadcast_util } from '@tensorflow/tfjs-core';
import type { GraphBuilder, Value } from '../graphBuilder.ts';
import type { ElementType } from '../onnx/model.ts';
import { defineKernel } from './defineKernel.ts';

/** ops that are one ONNX node of the same element type */
const unary: Readonly<Record<string, string>> = {
  Abs: 'Abs',
  Acos: 'Acos',
  Acosh: 'Acosh',
  Asin: 'Asin',
  Asinh: 'Asinh',
  Atan: 'Atan',
  Atanh: 'Atanh',
  Ceil: 'Ceil',
  Cos: 'Cos',
  Cosh: 'Cosh',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  Log: 'Log',
  LogicalNot: 'Not',
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Round: 'Round',
  Sigmoid: 'Sigmoid',
  Sign: 'Sign',
  Sin: 'Sin',
  Sinh: 'Sinh',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tan: 'Tan',
  Tanh: 'Tanh',
};

const binary: Readonly<Record<string, string>> = {
  Add: 'Add',
  Maximum: 'Max',
  Minimum: 'Min',
  Multiply: 'Mul',
  Pow: 'Pow',
  RealDiv: 'Div',
  Sub: 'Sub',
};

const comparisons: Readonly<Record<string, string>> = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
};

/** A scalar constant of the type of another value. */
function scalarLike(builder: GraphBuilder, like: Value, value: number): Value {
  return builder.constant(like.type, [], [value]);
}

/** Adds a broadcasting node. */
function broadcastNode(builder: GraphBuilder, operator: string, a: Value, b: Value, type: ElementType = a.type): Value {
  const shape = broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  return builder.add(operator, [a, b], { type, shape });
}

/** Adds a node that keeps type and shape. */
function unaryNode(builder: GraphBuilder, operator: string, x: Value): Value {
  return builder.add(operator, [x], { type: x.type, shape: x.shape });
}

/** Converts to another element type; the identity where it has it already. */
export function castNode(builder: GraphBuilder, x: Value, type: ElementType): Value {
  if (x.type === type) return x;
  const to = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 }[type];
  return builder.add('Cast', [x], { type, shape: x.shape }, { attributes: { to: { int: to } } });
}

/** Registers element-wise kernels. */
export function registerElementwiseKernels(): void {
  for (const [kernel, operator] of Object.entries(unary)) {
    defineKernel(kernel, ({ builder, input }) => unaryNode(builder, operator, input('x')));
  }
  for (const [kernel, operator] of Object.entries(binary)) {
    defineKernel(kernel, ({ builder, input }) => broadcastNode(builder, operator, input('a'), input('b')));
  }
  for (const [kernel, operator] of Object.entries(comparisons)) {
    defineKernel(kernel, ({ builder, input }) => broadcastNode(builder, operator, input('a'), input('b'), 'bool'));
  }
  registerDerivedUnary();
  registerDerivedBinary();
}

function registerDerivedUnary(): void {
  defineKernel('Identity', ({ input }) => input('x'));
  defineKernel('Square', ({ builder, input }) => broadcastNode(builder, 'Mul', input('x'), input('x')));
  defineKernel('Rsqrt', ({ builder, input }) =>
    unaryNode(builder, 'Reciprocal', unaryNode(builder, 'Sqrt', input('x'))),
  );
  defineKernel('Expm1', ({ builder, input }) => {
    // exp(x) - 1 = 2 tanh(x / 2) / (1 - tanh(x / 2)) keeps its digits near 0, where the difference of two ones does not.
    const x = input('x');
    const t = unaryNode(builder, 'Tanh', broadcastNode(builder, 'Mul', x, scalarLike(builder, x, 0.5)));
    const near = broadcastNode(
      builder,
      'Div',
      broadcastNode(builder, 'Add', t, t),
      broadcastNode(builder, 'Sub', scalarLike(builder, x, 1), t),
    );
    const far = broadcastNode(builder, 'Sub', unaryNode(builder, 'Exp', x), scalarLike(builder, x, 1));
    const isNear = broadcastNode(builder, 'Less', unaryNode(builder, 'Abs', x), scalarLike(builder, x, 0.5), 'bool');
    return builder.add('Where', [isNear, near, far], { type: x.type, shape: x.shape });
  });
  defineKernel('Log1p', ({ builder, input }) => {
    // log(u) x / (u - 1) with u = 1 + x, and x where u rounds to 1.
    const x = input('x');
    const one = scalarLike(builder, x, 1);
    const u = broadcastNode(builder, 'Add', x, one);
    const isOne = broadcastNode(builder, 'Equal', u, one, 'bool');
    const isInfinite = builder.add(
      'IsInf',
      [u],
      { type: 'bool', shape: x.shape },
      { attributes: { detect_negative: { int: 0 } } },
    );
    const plain = broadcastNode(builder, 'Or', isInfinite, isOne, 'bool');
    const quotient = broadcastNode(builder, 'Div', x, broadcastNode(builder, 'Sub', u, one));
    const corrected = broadcastNode(builder, 'Mul', unaryNode(builder, 'Log', u), quotient);
    return builder.add('Where', [plain, x, corrected], { type: x.type, shape: x.shape });
  });
  defineKernel('IsNan', ({ builder, input }) => isNaNNode(builder, input('x')));
  defineKernel('IsInf', ({ builder, input }) =>
    builder.add('IsInf', [input('x')], { type: 'bool', shape: input('x').shape }),
  );
  defineKernel('IsFinite', ({ builder, input }) => isFiniteNode(builder, input('x')));
  defineKernel('Step', ({ builder, input, attribute }) => {
    const x = input('x');
    const positive = broadcastNode(builder, 'Greater', x, scalarLike(builder, x, 0), 'bool');
    const alpha = scalarLike(builder, x, attribute('alpha') as number);
    const stepped = builder.add('Where', [positive, scalarLike(builder, x, 1), alpha], {
      type: x.type,
      shape: x.shape,
    });
    if (x.type !== 'float32') return stepped;
    return builder.add('Where', [isNaNNode(builder, x), x, stepped], { type: x.type, shape: x.shape });
  });
  defineKernel('Relu6', ({ builder, input }) => clip(builder, input('x'), 0, 6));
  defineKernel('ClipByValue', ({ builder, input, attribute }) =>
    clip(builder, input('x'), attribute('clipValueMin') as number, attribute('clipValueMax') as number),
  );
  defineKernel('Elu', ({ builder, input }) => unaryNode(builder, 'Elu', input('x')));
  defineKernel('LeakyRelu', ({ builder, input, attribute }) =>
    builder.add(
      'LeakyRelu',
      [input('x')],
      { type: input('x').type, shape: input('x').shape },
      {
        attributes: { alpha: { float: attribute('alpha') as number } },
      },
    ),
  );
  defineKernel('Cast', ({ builder, input, attribute }) => {
    const dtype = attribute('dtype') as 'float32' | 'int32' | 'bool';
    return dtype === 'int32' ? truncated(builder, input('x')) : castNode(builder, input('x'), dtype);
  });
  defineKernel('ZerosLike', ({ builder, input }) => filledLike(builder, input('x'), 0));
  defineKernel('OnesLike', ({ builder, input }) => filledLike(builder, input('x'), 1));
}

function registerDerivedBinary(): void {
  defineKernel('NotEqual', ({ builder, input }) =>
    unaryNode(builder, 'Not', broadcastNode(builder, 'Equal', input('a'), input('b'), 'bool')),
  );
  defineKernel('SquaredDifference', ({ builder, input }) => {
    const difference = broadcastNode(builder, 'Sub', input('a'), input('b'));
    return broadcastNode(builder, 'Mul', difference, difference);
  });
  defineKernel('FloorDiv', ({ builder, input }) => {
    const [a, b] = [exact(builder, input('a')), exact(builder, input('b'))];
    return truncated(builder, unaryNode(builder, 'Floor', broadcastNode(builder, 'Div', a, b)));
  });
  defineKernel('Mod', ({ builder, input }) => {
    const remainder = floorMod(builder, exact(builder, input('a')), exact(builder, input('b')));
    return input('a').type === 'int32' ? truncated(builder, remainder) : remainder;
  });
  defineKernel('EluGrad', ({ builder, input }) => {
    const [dy, y] = [input('dy'), input('y')];
    const isPositive = broadcastNode(builder, 'GreaterOrEqual', y, scalarLike(builder, y, 0), 'bool');
    const slope = broadcastNode(builder, 'Add', y, scalarLike(builder, y, 1));
    const below = broadcastNode(builder, 'Mul', dy, slope);
    return builder.add('Where', [isPositive, dy, below], { type: dy.type, shape: dy.shape });
  });
  defineKernel('AddN', ({ builder, inputs }) =>
    inputs.reduce((left, right) => broadcastNode(builder, 'Add', left, right)),
  );
  defineKernel('Select', ({ builder, input }) => {
    const [condition, t, e] = [input('condition'), input('t'), input('e')];
    if (t.type !== 'bool') return builder.add('Where', [condition, t, e], { type: t.type, shape: t.shape });
    // ONNX Runtime has no Where for truth values.
    const [chosen, other] = [castNode(builder, t, 'int32'), castNode(builder, e, 'int32')];
    const picked = builder.add('Where', [condition, chosen, other], { type: 'int32', shape: t.shape });
    return castNode(builder, picked, 'bool');
  });
}

/** int32 as float64, which holds all of them; in ONNX Runtime an int32 divided by 0 ends the process. */
function exact(builder: GraphBuilder, x: Value): Value {
  return x.type === 'int32' ? castNode(builder, x, 'float64') : x;
}

/**
 * Towards zero; NaN and infinities to 0, what is too large to the largest, where ONNX Runtime's own conversion depends on the
 * processor.
 */
function truncated(builder: GraphBuilder, x: Value): Value {
  if (x.type !== 'float32' && x.type !== 'float64') return castNode(builder, x, 'int32');
  const largest = x.type === 'float32' ? 2 ** 31 - 128 : 2 ** 31 - 1;
  const number = builder.add('Where', [isFiniteNode(builder, x), x, scalarLike(builder, x, 0)], {
    type: x.type,
    shape: x.shape,
  });
  return castNode(builder, clip(builder, number, -(2 ** 31), largest), 'int32');
}

/** The remainder with the sign of the divisor, as tfjs has it. */
function floorMod(builder: GraphBuilder, a: Value, b: Value): Value {
  const shape = broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  const rest = builder.add('Mod', [a, b], { type: a.type, shape }, { attributes: { fmod: { int: 1 } } });
  const zero = scalarLike(builder, a, 0);
  const isNegative = (x: Value): Value => broadcastNode(builder, 'Less', x, zero, 'bool');
  const signsDiffer = broadcastNode(builder, 'Xor', isNegative(a), isNegative(b), 'bool');
  const isWhole = broadcastNode(builder, 'Equal', rest, zero, 'bool');
  const isDone = broadcastNode(builder, 'Or', unaryNode(builder, 'Not', signsDiffer), isWhole, 'bool');
  return builder.add('Where', [isDone, rest, broadcastNode(builder, 'Add', rest, b)], { type: a.type, shape });
}

/** Which values are NaN. */
export function isNaNNode(builder: GraphBuilder, x: Value): Value {
  return builder.add('IsNaN', [x], { type: 'bool', shape: x.shape });
}

/** x - x is 0 for finite numbers and NaN for all others. */
function isFiniteNode(builder: GraphBuilder, x: Value): Value {
  const difference = broadcastNode(builder, 'Sub', x, x);
  return broadcastNode(builder, 'Equal', difference, scalarLike(builder, x, 0), 'bool');
}

function clip(builder: GraphBuilder, x: Value, low: number, high: number): Value {
  return builder.add('Clip', [x, scalarLike(builder, x, low), scalarLike(builder, x, high)], {
    type: x.type,
    shape: x.shape,
  });
}

function filledLike(builder: GraphBuilder, x: Value, value: number): Value {
  return builder.add('Expand', [scalarLike(builder, x, value), builder.shapeVector(x.shape)], {
    type: x.type,
    shape: x.shape,
  });
}
