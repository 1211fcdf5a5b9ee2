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
  LogicalXor: 'Xor',
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
    const isInfinite = builder.add('IsInf', [u], { type: 'bool', shape: x.shape });
    const plain = broadcastNode(builder, 'Or', isInfinite, isOne, 'bool');
    const quotient = broadcastNode(builder, 'Div', x, broadcastNode(builder, 'Sub', u, one));
    const corrected = broadcastNode(builder, 'Mul', unaryNode(builder, 'Log', u), quotient);
    return builder.add('Where', [plain, x, corrected], { type: x.type, shape: x.shape });
  });
  defineKernel('IsNan', ({ builder, input }) =>
    builder.add('IsNaN', [input('x')], { type: 'bool', shape: input('x').shape }),
  );
  defineKernel('IsInf', ({ builder, input }) =>
    builder.add('IsInf', [input('x')], { type: 'bool', shape: input('x').shape }),
  );
  defineKernel('IsFinite', ({ builder, input }) => {
    const x = input('x');
    // x - x is 0 for finite numbers and NaN for all others.
    const difference = broadcastNode(builder, 'Sub', x, x);
    return broadcastNode(builder, 'Equal', difference, scalarLike(builder, x, 0), 'bool');
  });
  defineKernel('Step', ({ builder, input, attribute }) => {
    const x = input('x');
    const positive = broadcastNode(builder, 'Greater', x, scalarLike(builder, x, 0), 'bool');
    const alpha = scalarLike(builder, x, attribute('alpha') as number);
    const stepped = builder.add('Where', [positive, scalarLike(builder, x, 1), alpha], {
      type: x.type,
      shape: x.shape,
    });
    const isNaN = builder.add('IsNaN', [x], { type: 'bool', shape: x.shape });
    return builder.add('Where', [isNaN, x, stepped], { type: x.type, shape: x.shape });
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
    return castNode(builder, input('x'), dtype);
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
    const quotient = broadcastNode(
      builder,
      'Div',
      castNode(builder, input('a'), 'float32'),
      castNode(builder, input('b'), 'float32'),
    );
    return castNode(builder, unaryNode(builder, 'Floor', quotient), 'int32');
  });
  defineKernel('Mod', ({ builder, input }) => {
    // tfjs takes the sign of the divisor.
    const [a, b] = [input('a'), input('b')];
    if (a.type === 'int32') return broadcastNode(builder, 'Mod', a, b);
    const quotient = unaryNode(builder, 'Floor', broadcastNode(builder, 'Div', a, b));
    return broadcastNode(builder, 'Sub', a, broadcastNode(builder, 'Mul', quotient, b));
  });
  defineKernel('AddN', ({ builder, inputs }) =>
    inputs.reduce((left, right) => broadcastNode(builder, 'Add', left, right)),
  );
  defineKernel('Select', ({ builder, input }) => {
    const [condition, t, e] = [input('condition'), input('t'), input('e')];
    const rankGap = t.shape.length - condition.shape.length;
    const axes = builder.int64s(Array.from({ length: rankGap }, (_, i) => condition.shape.length + i));
    const padded: Value =
      rankGap === 0
        ? condition
        : builder.add('Unsqueeze', [condition, axes], {
            type: 'bool',
            shape: [...condition.shape, ...Array<number>(rankGap).fill(1)],
          });
    return builder.add('Where', [padded, t, e], { type: t.type, shape: t.shape });
  });
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
