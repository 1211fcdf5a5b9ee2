import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import type { GraphBuilder, Value } from '../graphBuilder.ts';
import { elementTypeOf } from '../traceBackend.ts';
import { castNode } from './elementwise.ts';
import { defineKernel } from './defineKernel.ts';

/** Adds a Reshape. Sizes that tfjs writes as -1 must have been resolved. */
export function reshapeNode(builder: GraphBuilder, x: Value, shape: readonly number[]): Value {
  if (shape.length === x.shape.length && shape.every((size, axis) => size === x.shape[axis])) return x;
  // Without it a 0, which a symbolic size may turn out to be, means "as it was".
  const attributes = { allowzero: { int: 1 } };
  return builder.add('Reshape', [x, builder.reshapeVector(shape)], { type: x.type, shape }, { attributes });
}

/** Adds a Transpose. */
function transposeNode(builder: GraphBuilder, x: Value, permutation: readonly number[]): Value {
  const shape = permutation.map((axis) => x.shape[axis] ?? 1);
  return builder.add('Transpose', [x], { type: x.type, shape }, { attributes: { perm: { ints: permutation } } });
}

/** Adds a Concat. */
function concatNode(builder: GraphBuilder, parts: readonly Value[], axis: number): Value {
  const [first] = parts;
  if (first === undefined) throw new RangeError('concat of nothing');
  if (parts.length === 1) return first;
  const total = builder.symbols.sum(parts.map((part) => part.shape[axis] ?? 1));
  const shape = first.shape.map((size, i) => (i === axis ? total : size));
  const value = builder.add('Concat', parts, { type: first.type, shape }, { attributes: { axis: { int: axis } } });
  builder.bindSize(total, value, axis);
  return value;
}

/** Adds a Slice of `size` elements from `begin` on every axis. */
export function sliceNode(builder: GraphBuilder, x: Value, begin: readonly number[], size: readonly number[]): Value {
  const axes = begin.map((_, axis) => axis).filter((axis) => begin[axis] !== 0 || size[axis] !== x.shape[axis]);
  if (axes.length === 0) return x;
  const starts = axes.map((axis) => begin[axis] ?? 0);
  const lengths = axes.map((axis) => size[axis] ?? 0);
  const isSymbolic = (length: number): boolean => builder.symbols.isSymbolic(length);
  const startVector = starts.some(isSymbolic) ? builder.shapeVector(starts) : builder.int64s(starts);
  const endVector =
    starts.some(isSymbolic) || lengths.some(isSymbolic)
      ? builder.add('Add', [startVector, builder.shapeVector(lengths)], { type: 'int64', shape: [axes.length] })
      : builder.int64s(axes.map((_, i) => (starts[i] ?? 0) + (lengths[i] ?? 0)));
  return builder.add('Slice', [x, startVector, endVector, builder.int64s(axes)], { type: x.type, shape: [...size] });
}

/** Adds an Expand to `shape`. */
export function expandNode(builder: GraphBuilder, x: Value, shape: readonly number[]): Value {
  return builder.add('Expand', [x, builder.shapeVector(shape)], { type: x.type, shape });
}

/** Registers kernels that move values without computing any. */
export function registerShapeKernels(): void {
  defineKernel('Reshape', ({ builder, input, attribute }) => {
    const x = input('x');
    const shape = util.inferFromImplicitShape(attribute('shape') as number[], util.sizeFromShape([...x.shape]));
    return reshapeNode(builder, x, shape);
  });
  defineKernel('ExpandDims', ({ builder, input, attribute }) => {
    const x = input('input');
    const dim = attribute('dim') as number;
    const axis = dim < 0 ? x.shape.length + 1 + dim : dim;
    const shape = [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
    return builder.add('Unsqueeze', [x, builder.int64s([axis])], { type: x.type, shape });
  });
  defineKernel('Transpose', ({ builder, input, attribute }) =>
    transposeNode(builder, input('x'), attribute('perm') as number[]),
  );
  defineKernel('Concat', ({ builder, inputs, attribute }) => {
    const rank = inputs[0]?.shape.length ?? 1;
    const [axis = 0] = util.parseAxisParam(attribute('axis') as number, Array<number>(rank).fill(1));
    return concatNode(builder, inputs, axis);
  });
  defineKernel('Pack', ({ builder, inputs, attribute }) => {
    const axis = attribute('axis') as number;
    const parts = inputs.map((x) => {
      const shape = [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
      return builder.add('Unsqueeze', [x, builder.int64s([axis])], { type: x.type, shape });
    });
    return concatNode(builder, parts, axis);
  });
  defineKernel('Unpack', ({ builder, input, attribute }) => {
    const x = input('value');
    const rank = x.shape.length;
    const axis = ((attribute('axis') as number) + rank) % rank;
    const shape = x.shape.filter((_, i) => i !== axis);
    return Array.from({ length: x.shape[axis] ?? 0 }, (_, index) =>
      builder.add(
        'Gather',
        [x, builder.constant('int64', [], [index])],
        { type: x.type, shape },
        { attributes: { axis: { int: axis } } },
      ),
    );
  });
  defineKernel('Slice', ({ builder, input, attribute }) => {
    const x = input('x');
    const [begin = [], size = []] = slice_util.parseSliceParams(
      asTensorLike(x),
      attribute('begin') as number[],
      attribute('size') as number[],
    );
    return sliceNode(builder, x, begin, size);
  });
  defineKernel('StridedSlice', ({ builder, input, attribute }) => recordStridedSlice(builder, input('x'), attribute));
  defineKernel('SplitV', ({ builder, input, attribute }) => {
    const x = input('x');
    const [axis = 0] = util.parseAxisParam(attribute('axis') as number, [...x.shape]);
    const given = attribute('numOrSizeSplits') as number[] | number;
    // Symbolic parts do not add up to the symbol of their sum, which is what tfjs would check.
    const isSymbolic = Array.isArray(given) && given.some((size) => builder.symbols.isSymbolic(size));
    const sizes = isSymbolic ? given : backend_util.prepareSplitSize(asTensorLike(x), given, axis);
    const outputs = sizes.map((size) => ({
      type: x.type,
      shape: x.shape.map((full, i) => (i === axis ? size : full)),
    }));
    return builder.addMulti('Split', [x, builder.shapeVector(sizes)], outputs, { attributes: { axis: { int: axis } } });
  });
  // A kernel of our own (see splitRows), because tf.split insists that the parts add up, which symbolic sizes do not.
  defineKernel('SplitRows', ({ builder, input, attribute }) => {
    const { type, shape } = input('x');
    const sizes = [attribute('first') as number, attribute('second') as number];
    const outputs = sizes.map((rows) => ({ type, shape: [rows, ...shape.slice(1)] }));
    return builder.addMulti('Split', [input('x'), builder.shapeVector(sizes)], outputs, {
      attributes: { axis: { int: 0 } },
    });
  });
  defineKernel('PadV2', ({ builder, input, attribute }) => {
    const paddings = attribute('paddings') as [number, number][];
    return padNode(builder, input('x'), paddings, attribute('constantValue') as number);
  });
  // The gradient of a slice: its place in zeros. tfjs would subtract symbolic sizes as numbers.
  defineKernel('PlaceSlice', ({ builder, input, attribute }) => {
    const [dy, begin] = [input('dy'), attribute('begin') as readonly number[]];
    const paddings = (attribute('shape') as readonly number[]).map((size, axis): [number, number] => {
      const before = begin[axis] ?? 0;
      return [before, builder.symbols.sum([size], [before, dy.shape[axis] ?? 0])];
    });
    return padNode(builder, dy, paddings, 0);
  });
  defineKernel('Tile', ({ builder, input, attribute }) => {
    const x = input('x');
    const reps = attribute('reps') as number[];
    const shape = x.shape.map((size, axis) => size * (reps[axis] ?? 1));
    return builder.add('Tile', [x, builder.shapeVector(reps)], { type: x.type, shape });
  });
  defineKernel('Reverse', ({ builder, input, attribute }) =>
    recordReverse(builder, input('x'), attribute('dims') as number | number[]),
  );
  defineKernel('Fill', ({ builder, attribute }) => {
    const value = builder.constant(
      elementTypeOf((attribute('dtype') as 'float32' | 'int32' | 'bool' | undefined) ?? 'float32'),
      [],
      [attribute('value') as number],
    );
    return expandNode(builder, value, attribute('shape') as number[]);
  });
}

function padNode(
  builder: GraphBuilder,
  x: Value,
  paddings: readonly (readonly [number, number])[],
  fill: number,
): Value {
  const shape = x.shape.map((size, axis) => builder.symbols.sum([size, ...(paddings[axis] ?? [])]));
  const pads = builder.shapeVector([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
  return builder.add('Pad', [x, pads, builder.constant(x.type, [], [fill])], { type: x.type, shape });
}

/** slice_util and backend_util only look at rank and shape. */
function asTensorLike(x: Value): Parameters<typeof slice_util.parseSliceParams>[0] {
  return { shape: [...x.shape], rank: x.shape.length } as unknown as Parameters<typeof slice_util.parseSliceParams>[0];
}

function recordReverse(builder: GraphBuilder, x: Value, dims: number | number[]): Value {
  const axes = util.parseAxisParam(dims, [...x.shape]);
  if (axes.length === 0) return x;
  const minusOnes = builder.int64s(axes.map(() => -1));
  const beforeFirst = builder.int64s(axes.map(() => -(2 ** 31)));
  return builder.add('Slice', [x, minusOnes, beforeFirst, builder.int64s(axes), minusOnes], {
    type: x.type,
    shape: x.shape,
  });
}

function recordStridedSlice(builder: GraphBuilder, x: Value, attribute: (name: string) => unknown): Value {
  const info = slice_util.sliceInfo(
    [...x.shape],
    attribute('begin') as number[],
    attribute('end') as number[],
    attribute('strides') as number[],
    attribute('beginMask') as number,
    attribute('endMask') as number,
    attribute('ellipsisMask') as number,
    attribute('newAxisMask') as number,
    attribute('shrinkAxisMask') as number,
  );
  const axes = info.begin.map((_, axis) => axis);
  const sparse = slice_util.computeOutShape(info.begin, info.end, info.strides);
  // An end of -1 under a negative stride means "before the first element", which ONNX would read as the last one.
  const ends = info.end.map((end, axis) => ((info.strides[axis] ?? 1) < 0 && end < 0 ? -(2 ** 31) : end));
  const operands = [info.begin, ends, axes, info.strides].map((vector) => builder.int64s(vector));
  const sliced = builder.add('Slice', [x, ...operands], { type: x.type, shape: sparse });
  return castNode(builder, reshapeNode(builder, sliced, info.finalShape), x.type);
}
