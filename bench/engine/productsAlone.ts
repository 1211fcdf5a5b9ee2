import { GraphBuilder } from '../../core/tensor/graphBuilder.ts';
import type { Value } from '../../core/tensor/graphBuilder.ts';
import { matMulNode } from '../../core/tensor/kernels/matmul.ts';
import { encodeModel } from '../../core/tensor/onnx/model.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { createSession, loadRuntime } from '../../core/tensor/runtime.ts';
import type { Product } from './products.ts';

/** Products in a graph of their own. */
export interface ProductsAlone {
  run(): Promise<void>;
  release(): Promise<void>;
}

/**
 * A graph that holds the products and nothing else. Of each result only the shape leaves the graph, so that nothing is copied, and each
 * repetition of a product reads an operand of its own name, so that none is left out as computed before.
 */
export async function productsAlone(products: readonly Product[]): Promise<ProductsAlone> {
  const builder = new GraphBuilder();
  const operands = new Map<string, Value>();
  const operand = (shape: readonly number[], turn: number): Value => {
    const name = `${shape.join(' by ')}, ${turn}`;
    const value = operands.get(name) ?? builder.input(name, 'float32', shape);
    operands.set(name, value);
    return value;
  };
  const seen = new Map<string, number>();
  const outputs = products
    .flatMap((product) => Array.from({ length: product.count }, () => product))
    .map((product, index) => {
      const { a, b } = shapesOf(product);
      const key = JSON.stringify([a, b, product.transposeA, product.transposeB]);
      const turn = seen.get(key) ?? 0;
      seen.set(key, turn + 1);
      const result = matMulNode(builder, operand(a, 0), operand(b, 1 + turn), product);
      const shape = builder.add('Shape', [result], { type: 'int64', shape: [result.shape.length] });
      return { name: `shape ${index}`, value: shape };
    });
  const session = await createSession(encodeModel(builder.finish(outputs)), { optimise: false });
  const { Tensor } = await loadRuntime();
  const feeds = Object.fromEntries(
    [...operands].map(([name, { shape }]) => [name, new Tensor('float32', randomValues(shape), [...shape])]),
  );
  return {
    run: async () => {
      await session.run(feeds);
    },
    release: () => session.release(),
  };
}

function shapesOf({ batch, rows, inner, columns, transposeA, transposeB }: Product): { a: number[]; b: number[] } {
  const leading = batch === 1 ? [] : [batch];
  return {
    a: [...leading, ...(transposeA ? [inner, rows] : [rows, inner])],
    b: [...leading, ...(transposeB ? [columns, inner] : [inner, columns])],
  };
}

let pool = new Float32Array();

/** Values between -1 and 1. Operands share memory: what they hold changes nothing. */
function randomValues(shape: readonly number[]): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (pool.length < size)
    pool = randomStream(7, 'bench operands')
      .uniforms(size)
      .map((value) => 2 * value - 1);
  return pool.subarray(0, size);
}
