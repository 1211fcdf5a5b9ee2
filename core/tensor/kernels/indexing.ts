import { util } from '@tensorflow/tfjs-core';
import { RlvrError } from '../../errors.ts';
import type { GraphBuilder, Value } from '../graphBuilder.ts';
import { castNode } from './elementwise.ts';
import { defineKernel } from './defineKernel.ts';
import { expandNode, reshapeNode, sliceNode } from './shapes.ts';

/** Adds a Gather along `axis`; negative indices are not allowed. */
function gatherNode(builder: GraphBuilder, x: Value, indices: Value, axis: number): Value {
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return builder.add('Gather', [x, indices], { type: x.type, shape }, { attributes: { axis: { int: axis } } });
}

/** Registers look-ups, one-hot, top-k and the segment sum. */
export function registerIndexingKernels(): void {
  defineKernel('GatherV2', ({ builder, input, attribute }) => {
    const [x, indices] = [input('x'), input('indices')];
    const batchDims = (attribute('batchDims') as number | undefined) ?? 0;
    const [axis = 0] = util.parseAxisParam(attribute('axis') as number, [...x.shape]);
    const wide = castNode(builder, indices, 'int64');
    return batchDims === 0 ? gatherNode(builder, x, wide, axis) : gatherInBatches(builder, x, wide, axis, batchDims);
  });
  defineKernel('GatherNd', ({ builder, input }) => {
    const [x, indices] = [input('params'), input('indices')];
    const depth = indices.shape.at(-1) ?? 1;
    const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
    return builder.add('GatherND', [x, castNode(builder, indices, 'int64')], { type: x.type, shape });
  });
  defineKernel('OneHot', ({ builder, input, attribute }) => {
    const indices = input('indices');
    const depth = attribute('depth') as number;
    const dtype = (attribute('dtype') as 'float32' | 'int32' | 'bool' | undefined) ?? 'float32';
    const [on, off] = [attribute('onValue') as number, attribute('offValue') as number];
    // Compared with a range, so that an index outside of it gives a row of `off`, as in tfjs (ONNX OneHot wraps around).
    const range = builder.constant(
      'int32',
      [depth],
      Array.from({ length: depth }, (_, i) => i),
    );
    const column = builder.add('Unsqueeze', [castNode(builder, indices, 'int32'), builder.int64s([-1])], {
      type: 'int32',
      shape: [...indices.shape, 1],
    });
    const shape = [...indices.shape, depth];
    const hit = builder.add('Equal', [column, range], { type: 'bool', shape });
    if (on === 1 && off === 0) return castNode(builder, hit, dtype);
    return builder.add('Where', [hit, builder.constant(dtype, [], [on]), builder.constant(dtype, [], [off])], {
      type: dtype,
      shape,
    });
  });
  defineKernel('TopK', ({ builder, input, attribute }) => {
    const x = input('x');
    const k = attribute('k') as number;
    const shape = [...x.shape.slice(0, -1), k];
    const outputs = [
      { type: x.type, shape },
      { type: 'int64', shape },
    ] as const;
    const sorted = { int: (attribute('sorted') as boolean) ? 1 : 0 };
    const [values, indices] = builder.addMulti('TopK', [x, builder.int64s([k])], outputs, {
      attributes: { axis: { int: -1 }, sorted },
    });
    if (values === undefined || indices === undefined) throw new RangeError('TopK has two outputs');
    return [values, castNode(builder, indices, 'int32')];
  });
  defineKernel('UnsortedSegmentSum', ({ builder, input, attribute }) =>
    segmentSum(builder, input('x'), input('segmentIds'), attribute('numSegments') as number),
  );
}

/** Sums rows of x by id. ScatterElements is used because ONNX Runtime's ScatterND(add) races on duplicate ids. */
function segmentSum(builder: GraphBuilder, x: Value, ids: Value, segments: number): Value {
  const rest = x.shape.slice(ids.shape.length);
  const rows = ids.shape.reduce((product, size) => product * size, 1);
  const flat = reshapeNode(builder, x, [rows, ...rest]);
  const wide = castNode(builder, reshapeNode(builder, ids, [rows, ...rest.map(() => 1)]), 'int64');
  const spread = expandNode(builder, wide, flat.shape);
  // tfjs ignores negative ids; ONNX counts them from the end. They are sent to a row that is cut off again.
  const cutOff = builder.shapeVector([segments]);
  const negative = builder.add('Less', [spread, builder.constant('int64', [], [0])], {
    type: 'bool',
    shape: flat.shape,
  });
  const safe = builder.add('Where', [negative, cutOff, spread], { type: 'int64', shape: flat.shape });
  const zeros = expandNode(builder, builder.constant(x.type, [], [0]), [builder.symbols.sum([segments, 1]), ...rest]);
  const summed = builder.add(
    'ScatterElements',
    [zeros, safe, flat],
    { type: x.type, shape: zeros.shape },
    {
      attributes: { axis: { int: 0 }, reduction: { string: 'add' } },
    },
  );
  const shape = [segments, ...rest];
  return sliceNode(builder, summed, [0, ...rest.map(() => 0)], shape);
}

function gatherInBatches(builder: GraphBuilder, x: Value, indices: Value, axis: number, batchDims: number): Value {
  const batch = x.shape.slice(0, batchDims);
  if (axis !== batchDims)
    throw new RlvrError(
      'tensor/unsupported-op',
      `gather with batchDims ${batchDims} needs axis ${batchDims}, got ${axis}.`,
    );
  // GatherND with batch dimensions takes index tuples in the last axis.
  const tuples = builder.add('Unsqueeze', [indices, builder.int64s([-1])], {
    type: 'int64',
    shape: [...indices.shape, 1],
  });
  const shape = [...batch, ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)];
  return builder.add(
    'GatherND',
    [x, tuples],
    { type: x.type, shape },
    { attributes: { batch_dims: { int: batchDims } } },
  );
}
