import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { RlvrError } from '../../core/errors.ts';
import { tf } from '../../core/tensor/tf.ts';
import { traceGraph, type TensorFunction } from '../../core/tensor/trace.ts';

const inputs = { x: { shape: ['rows', 3], dtype: 'float32' } } as const;

async function failureOf(fn: TensorFunction): Promise<RlvrError> {
  const error: unknown = await traceGraph(inputs, fn).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RlvrError);
  return error as RlvrError;
}

/** `file:line` of the caller's next line. */
function nextLine(): string {
  const [, path, line] = /(trace\.test\.ts):(\d+):\d+\)?$/m.exec((new Error().stack ?? '').split('\n')[2] ?? '') ?? [];
  return `${path}:${Number(line) + 1}:`;
}

describe('traceGraph', () => {
  it('names an op without a kernel and the line that used it', async () => {
    let line = '';
    const error = await failureOf(({ x }) => {
      line = nextLine();
      return { y: tf.selu(x!) };
    });
    expect(error.code).toBe('tensor/unsupported-op');
    expect(error.fields['op']).toBe('Selu');
    expect(error.message).toContain('"Selu"');
    expect(error.message).toContain(line);
    expect(error.fields['line']).toContain(line);
  });

  it('names the op whose gradient needs an op without a kernel', async () => {
    const error = await failureOf(({ x }) => ({ y: tf.grad((z: tf.Tensor) => tf.selu(z))(x!) }));
    expect(error.fields['op']).toBe('Selu');
    expect(error.message).toContain('trace.test.ts:');
  });

  it('refuses a symbolic size that is used as a number, and says what to do', async () => {
    let line = '';
    const error = await failureOf(({ x }) => {
      line = nextLine();
      return { y: tf.div(tf.sum(x!), x!.shape[0]) };
    });
    expect(error.code).toBe('tensor/trace');
    expect(error.message).toMatch(/size "rows" .*used as a number.*tf\.mean/);
    expect(error.message).toContain(line);
  });

  it('takes a constant that only looks like a size', async () => {
    for (const constant of [37_003, 37_013, 74_006, 43_403]) {
      await expect(traceGraph(inputs, ({ x }) => ({ y: tf.mul(x!, constant) }))).resolves.toBeDefined();
    }
  });

  it('refuses to read values', async () => {
    const error = await failureOf(({ x }) => ({ y: tf.scalar(x!.dataSync()[0]!) }));
    expect(error.message).toMatch(/read while tracing/);
  });

  it('refuses a tensor of another backend', async () => {
    const outside = tf.tensor([1, 2, 3]);
    const error = await failureOf(({ x }) => ({ y: tf.add(x!, outside) }));
    expect(error.message).toContain('trace.test.ts:');
    outside.dispose();
  });

  it('writes symbolic sizes by their names where shapes do not fit', async () => {
    const error = await failureOf(({ x }) => ({ y: tf.matMul(x!, x!) }));
    expect(error.message).toContain('[rows, 3] and [rows, 3]');
  });

  it('goes back to the backend of before, also after a failure', async () => {
    const before = tf.getBackend();
    await failureOf(() => {
      throw new Error('no');
    });
    expect(tf.getBackend()).toBe(before);
    expect(tf.engine().state.numTensors).toBe(0);
  });
});
