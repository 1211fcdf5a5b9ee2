import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { configureRuntime } from '../../core/tensor/runtime.ts';
import type { Repeated } from './benchRun.ts';

/** What the nodes of one operator take of a graph's run. */
export interface OperatorShare {
  readonly operator: string;
  /** Of the time that all nodes take. */
  readonly share: number;
  readonly milliseconds: number;
  readonly nodes: number;
}

const repetitions = 4;

const eventSchema = z.object({
  cat: z.string(),
  name: z.string(),
  ts: z.number(),
  dur: z.number(),
  args: z.object({ op_name: z.string().optional() }),
});

type Event = z.output<typeof eventSchema>;

/** Each operator's share of the busiest graph of `make`'s work, by ONNX Runtime's own profile; largest first. */
export async function operatorShares(make: () => Repeated, threads: number): Promise<OperatorShare[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rlvr-profile-'));
  try {
    configureRuntime({ threads, profile: join(folder, 'profile') });
    const work = make();
    for (let repetition = 0; repetition <= repetitions; repetition++) await work.run();
    await work.release();
    const files = readdirSync(folder).map((name) => sharesIn(join(folder, name)));
    return files.toSorted((a, b) => total(b) - total(a))[0] ?? [];
  } finally {
    configureRuntime({ threads });
    rmSync(folder, { recursive: true, force: true });
  }
}

function total(shares: readonly OperatorShare[]): number {
  return shares.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
}

/** The first repetition is left out: it makes room in memory. */
function sharesIn(file: string): OperatorShare[] {
  const events = z.array(eventSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
  const calls = events.filter(({ cat, name }) => cat === 'Session' && name === 'model_run');
  const last = calls[calls.length / (repetitions + 1) - 1];
  const start = last === undefined ? 0 : last.ts + last.dur;
  const kernels = events.filter((event) => event.ts >= start && isKernel(event));
  const operators = [...new Set(kernels.map(({ args }) => args.op_name ?? ''))];
  const all = kernels.reduce((sum, { dur }) => sum + dur, 0);
  return operators
    .map((operator) => {
      const nodes = kernels.filter(({ args }) => args.op_name === operator);
      const duration = nodes.reduce((sum, { dur }) => sum + dur, 0);
      return {
        operator,
        share: duration / all,
        milliseconds: duration / 1000 / repetitions,
        nodes: nodes.length / repetitions,
      };
    })
    .toSorted((a, b) => b.share - a.share);
}

/** A loop's or a branch's own time is that of the nodes in it, which are listed as well. */
function isKernel({ cat, name, args }: Event): boolean {
  return cat === 'Node' && name.endsWith('_kernel_time') && args.op_name !== 'Loop' && args.op_name !== 'If';
}
