import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A decomposition for numpy to do `times` times. */
export interface LapackJob {
  /** The matrix in float64, row-major. */
  readonly file: string;
  readonly rows: number;
  readonly columns: number;
  readonly vectors: boolean;
  readonly times: number;
}

/** What it took each time, and the singular values. */
export interface LapackResult {
  readonly seconds: number;
  readonly values: readonly number[];
}

/** A process of numpy that waits for work. */
export interface Lapack {
  decompose(job: LapackJob): Promise<LapackResult>;
  end(): void;
}

/** Starts numpy with so many threads. */
export function startLapack(python: string, root: string, threads: number): Lapack {
  const limits = Object.fromEntries(
    ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'].map((name) => [name, String(threads)]),
  );
  const child = spawn(python, [path.join(root, 'bench', 'linalg', 'lapack.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...limits },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    decompose: async (job) => {
      child.stdin.write(`${JSON.stringify(job)}\n`);
      const line = (await lines.next()) as IteratorResult<string, undefined>;
      if (line.done === true) throw new Error('numpy has ended before its work was done');
      return JSON.parse(line.value) as LapackResult;
    },
    end: () => child.stdin.end(),
  };
}
