import { util } from '@tensorflow/tfjs-core';
import type { GraphBuilder, Value } from '../graphBuilder.ts';
import { castNode, isNaNNode } from './elementwise.ts';
import { defineKernel } from './defineKernel.ts';

const reductions: Readonly<Record<string, string>> = {
  Sum: 'ReduceSum',
  Max: 'ReduceMax',
  Min: 'ReduceMin',
  Prod: 'ReduceProd',
  Mean: 'ReduceMean',
};

/** Adds a reduction over `axes`. */
function reduceNode(
  builder: GraphBuilder,
  operator: string,
  x: Value,
  axes: readonly number[],
  keepDims: boolean,
): Value {
  if (axes.length === 0) return x;
  const shape = keepDims
    ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : x.shape.filter((_, axis) => !axes.includes(axis));
  return builder.add(
    operator,
    [x, builder.int64s(axes)],
    { type: x.type, shape },
    { attributes: { keepdims: { int: keepDims ? 1 : 0 } } },
  );
}

/** Registers reductions, arg-reductions, cumulative ops and softmaxes. */
export function registerReductionKernels(): void {
  for (const [kernel, operator] of Object.entries(reductions)) {
    defineKernel(kernel, ({ builder, input, attribute }) => {
      const x = input('x');
      const axes = util.parseAxisParam(attribute(kernel === 'Max' ? 'reductionIndices' : 'axis') as number | number[], [
        ...x.shape,
      ]);
      const source = kernel === 'Mean' ? castNode(builder, x, 'float32') : withoutBool(builder, x);
      const keepDims = (attribute('keepDims') as boolean | undefined) ?? false;
      const reduced = reduceNode(builder, operator, source, axes, keepDims);
      return kernel === 'Max' || kernel === 'Min' ? restoreNaN(builder, source, reduced, axes, keepDims) : reduced;
    });
  }
  for (const [kernel, operator] of [
    ['All', 'ReduceMin'],
    ['Any', 'ReduceMax'],
  ] as const) {
    defineKernel(kernel, ({ builder, input, attribute }) => {
      const x = input('x');
      const axes = util.parseAxisParam(attribute('axis') as number | number[], [...x.shape]);
      const reduced = reduceNode(
        builder,
        operator,
        castNode(builder, x, 'int32'),
        axes,
        (attribute('keepDims') as boolean | undefined) ?? false,
      );
      return castNode(builder, reduced, 'bool');
    });
  }
  for (const kernel of ['ArgMax', 'ArgMin']) {
    defineKernel(kernel, ({ builder, input, attribute }) => {
      const x = input('x');
      const [axis = 0] = util.parseAxisParam(attribute('axis') as number, [...x.shape]);
      const shape = x.shape.filter((_, i) => i !== axis);
      const index = builder.add(
        kernel,
        [x],
        { type: 'int64', shape },
        { attributes: { axis: { int: axis }, keepdims: { int: 0 } } },
      );
      return castNode(builder, index, 'int32');
    });
  }
  defineKernel('Cumsum', ({ builder, input, attribute }) => {
    const x = input('x');
    const [axis = 0] = util.parseAxisParam(attribute('axis') as number, [...x.shape]);
    return builder.add(
      'CumSum',
      [x, builder.constant('int64', [], [axis])],
      { type: x.type, shape: x.shape },
      {
        attributes: {
          exclusive: { int: (attribute('exclusive') as boolean) ? 1 : 0 },
          reverse: { int: (attribute('reverse') as boolean) ? 1 : 0 },
        },
      },
    );
  });
  defineKernel('Softmax', ({ builder, input, attribute }) =>
    lastAxisNode(builder, 'Softmax', input('logits'), attribute('dim') as number),
  );
  defineKernel('LogSoftmax', ({ builder, input, attribute }) =>
    lastAxisNode(builder, 'LogSoftmax', input('logits'), attribute('axis') as number),
  );
}

function withoutBool(builder: GraphBuilder, x: Value): Value {
  return x.type === 'bool' ? castNode(builder, x, 'int32') : x;
}

/** NaN wherever one was among the values: ONNX Runtime's extremes pass over it. */
function restoreNaN(
  builder: GraphBuilder,
  x: Value,
  reduced: Value,
  axes: readonly number[],
  keepDims: boolean,
): Value {
  if (x.type !== 'float32' || axes.length === 0) return reduced;
  const marks = castNode(builder, isNaNNode(builder, x), 'int32');
  const anyNaN = castNode(builder, reduceNode(builder, 'ReduceMax', marks, axes, keepDims), 'bool');
  const { type, shape } = reduced;
  return builder.add('Where', [anyNaN, builder.constant(type, [], [NaN]), reduced], { type, shape });
}

function lastAxisNode(builder: GraphBuilder, operator: string, x: Value, axis: number): Value {
  return builder.add(operator, [x], { type: x.type, shape: x.shape }, { attributes: { axis: { int: axis } } });
}
