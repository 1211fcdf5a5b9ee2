import { afterEach, describe, expect, it } from 'vitest';
import { createVerifierPool, type VerifierPool } from '../../../core/verifier/pool/verifierPool.ts';
import { startComparisonWorker } from '../../../core/verifier/pool/comparisonWorker.ts';
import type { ComparisonJob } from '../../../core/verifier/pool/messages.ts';
import type { Comparison } from '../../../core/verifier/compare/comparison.ts';
import { defaultVerifierOptions } from '../../../core/verifier/verifierOptions.ts';

let pool: VerifierPool | undefined;

afterEach(async () => {
  await pool?.close();
  pool = undefined;
});

/** Equal as mathematics only, so that a worker has to say so. */
const symbolic = ['\\boxed{x+1+1}', '$2+x$'] as const;

describe('a pool', () => {
  it('answers more calls than it has workers, each with its own verdict', async () => {
    pool = createVerifierPool({ threads: 2 });
    const { verify } = pool;
    const verdicts = await Promise.all(
      Array.from({ length: 150 }, (_, index) =>
        verify(`\\boxed{x+${index}+1}`, `$${index % 2 === 0 ? index + 1 : index}+x$`, defaultVerifierOptions),
      ),
    );
    expect(verdicts.map(({ equal }) => equal)).toEqual(Array.from({ length: 150 }, (_, index) => index % 2 === 0));
    expect(pool.replaced).toBe(0);
  });

  it('begins in the order of the calls', async () => {
    pool = createVerifierPool({ threads: 1 });
    const done: number[] = [];
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        await pool?.verify(`\\boxed{x+${index}}`, '$x$', defaultVerifierOptions);
        done.push(index);
      }),
    );
    expect(done).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  it('answers what needs no worker even where a worker could not be started', async () => {
    pool = createVerifierPool({ threads: 0 });
    expect((await pool.verify('\\boxed{1/2}', '$\\frac{2}{4}$', defaultVerifierOptions)).equal).toBe(true);
    expect((await pool.verify('\\boxed{2}', '$3$', defaultVerifierOptions)).equal).toBe(false);
  });

  it('can be used again after it was closed', async () => {
    pool = createVerifierPool();
    expect((await pool.verify(...symbolic, defaultVerifierOptions)).equal).toBe(true);
    await pool.close();
    expect((await pool.verify(...symbolic, defaultVerifierOptions)).equal).toBe(true);
  });

  it('ends workers whose comparison takes too long, and still answers every call', async () => {
    pool = createVerifierPool({ threads: 1, limitMilliseconds: 1 });
    const { verify } = pool;
    const long = `\\boxed{${'x+'.repeat(9_000)}x}`;
    const verdicts = await Promise.all([1, 2, 3].map(() => verify(long, '$y$', defaultVerifierOptions)));
    expect(verdicts.map(({ equal }) => equal)).toEqual([false, false, false]);
  });
});

describe('a worker', () => {
  it('is ended at the comparison that exceeds the limit; the others are left to be given to another worker', async () => {
    const seen: number[] = [];
    const job = (serial: number): ComparisonJob => ({
      serial,
      gold: 'y',
      answer: `${'x+'.repeat(9_000)}x`,
      options: { precision: 6, strict: true, allowSetRelationComp: false },
    });
    const [at, comparison] = await new Promise<[number, Comparison]>((resolve, reject) => {
      const worker = startComparisonWorker(1, {
        onResult: (serial) => {
          seen.push(serial);
          if (seen.length === 500) reject(new Error('never ended'));
        },
        onEnd: (serial, result) => {
          resolve([serial, result]);
        },
        onFailure: reject,
      });
      worker.work(Array.from({ length: 500 }, (_, index) => job(index + 1)));
    });
    expect(comparison).toMatchObject({ equal: false, decidedBy: 'limit' });
    expect(comparison.trace.join()).toContain('stopped after 1 ms');
    expect(at).toBeGreaterThan(0);
    expect(seen).not.toContain(at);
  });
});
