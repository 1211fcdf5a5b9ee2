import { describe, expect, it } from 'vitest';
import { compile, type CompiledGraph } from '../../core/tensor/compile.ts';
import { createGraphCache } from '../../core/tensor/graphCache.ts';
import { tf } from '../../core/tensor/tf.ts';

/** Graphs that add a number, with a list of what was done with them. */
function adders(): { log: string[]; create(number: number): () => Promise<CompiledGraph> } {
  const log: string[] = [];
  return {
    log,
    create: (number) => async () => {
      log.push(`make ${number}`);
      const graph = await compile({ x: { shape: [1], dtype: 'float32' } }, ({ x }) => ({
        y: tf.add(x as tf.Tensor, number),
      }));
      return {
        ...graph,
        release: async () => {
          log.push(`free ${number}`);
          await graph.release();
        },
      };
    },
  };
}

async function sum(graph: CompiledGraph): Promise<number | undefined> {
  return (await graph.run({ x: Float32Array.of(1) }))['y']?.data[0];
}

describe('createGraphCache', () => {
  it('makes a graph once and frees the one used longest ago', async () => {
    const { log, create } = adders();
    const cache = createGraphCache(2);
    for (const number of [1, 2, 1, 3, 1]) expect(await cache.use(String(number), create(number), sum)).toBe(number + 1);
    expect(log).toEqual(['make 1', 'make 2', 'make 3', 'free 2']);
    expect(cache.keys()).toEqual(['3', '1']);
    await cache.release();
    expect(log.slice(4).sort()).toEqual(['free 1', 'free 3']);
    expect(cache.keys()).toEqual([]);
  });

  it('frees a graph that is in use when its calls are done', async () => {
    const { log, create } = adders();
    const cache = createGraphCache(1);
    const results = await cache.use('1', create(1), async (first) => {
      const second = await cache.use('2', create(2), sum);
      expect(log).toEqual(['make 1', 'make 2']);
      return [await sum(first), second];
    });
    expect(results).toEqual([2, 3]);
    expect(log).toEqual(['make 1', 'make 2', 'free 1']);
    await cache.use('2', create(2), async (graph) => {
      await cache.release();
      expect(await sum(graph)).toBe(3);
    });
    expect(log.at(-1)).toBe('free 2');
  });

  it('lends one graph to callers that ask at the same time, and frees it once', async () => {
    const { log, create } = adders();
    const cache = createGraphCache(1);
    const both = [cache.use('1', create(1), sum), cache.use('1', create(1), sum), cache.use('2', create(2), sum)];
    expect(await Promise.all(both)).toEqual([2, 2, 3]);
    await cache.release();
    expect(log.toSorted()).toEqual(['free 1', 'free 2', 'make 1', 'make 2']);
  });

  it('tries again after a graph could not be made', async () => {
    const { create } = adders();
    const cache = createGraphCache(2);
    const failing = (): Promise<CompiledGraph> => Promise.reject(new Error('no room'));
    await expect(cache.use('1', failing, sum)).rejects.toThrow('no room');
    expect(await cache.use('1', create(1), sum)).toBe(2);
    await cache.release();
  });
});
