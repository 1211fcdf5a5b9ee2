import { parseArgs } from 'node:util';
import { configureRuntime } from '../core/tensor/runtime.ts';
import { benchConfig } from './engine/benchModel.ts';
import { benchShape, rollouts, trainingSteps, type Repeated } from './engine/benchRun.ts';
import { loadEager, productsEager } from './engine/eager.ts';
import { operatorShares, type OperatorShare } from './engine/operatorShares.ts';
import { decodeProducts, stepProducts, type Product } from './engine/products.ts';
import { productsAlone } from './engine/productsAlone.ts';
import { renderEngine, type EngineResult } from './engine/table.ts';
import { describeMachine } from './shared/machine.ts';
import { recordResult } from './shared/recordResult.ts';
import { wholeNumber } from './shared/wholeNumber.ts';

const usage = `Measures a training step and a rollout of this project against the products of matrices in them, run alone, and
against plain sgemm.

  npm run bench -- [options]

  --repetitions N     default 7
  --threads N         default 2
  --json              print the figures as JSON
  --write             put the tables into bench/RESULTS.md
  --help`;

/** 512 x 512 x 512, ten times over: a call by itself would be mostly overhead. */
const sgemm: Product = {
  batch: 1,
  rows: 512,
  inner: 512,
  columns: 512,
  transposeA: false,
  transposeB: false,
  count: 10,
};

const step = stepProducts(benchConfig, benchShape);
const decode = decodeProducts(benchConfig, benchShape);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      repetitions: { type: 'string', default: '7' },
      threads: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const [repetitions, threads] = [
    wholeNumber('repetitions', values.repetitions),
    wholeNumber('threads', values.threads),
  ];
  configureRuntime({ threads });
  const root = process.cwd();
  const seconds = await measure(await subjects(root), repetitions);
  const shares: Record<string, readonly OperatorShare[]> = {};
  for (const [name, make] of [['training step', trainingSteps] as const, ['rollout', rollouts] as const]) {
    console.error(`profile of the ${name}`);
    shares[name] = await operatorShares(make, threads);
  }
  const args = process.argv.slice(2).join(' ');
  const command = `npm run bench${args === '' ? '' : ` -- ${args}`}`;
  const result: EngineResult = { machine: describeMachine(), command, threads, repetitions, seconds, shares };
  const tables = renderEngine(result, { sgemm: [sgemm], step, decode });
  recordResult({ root, name: 'engine', result, table: tables, json: values.json, write: values.write });
}

async function subjects(root: string): Promise<Readonly<Record<string, Repeated>>> {
  const eager = loadEager(root);
  if (eager === undefined) console.error('tfjs-node is not installed: measured without it');
  return {
    sgemm: await productsAlone([sgemm]),
    ...(eager === undefined
      ? {}
      : { 'eager sgemm': productsEager(eager, [sgemm]), 'eager step products': productsEager(eager, step) }),
    'step products': await productsAlone(step),
    step: trainingSteps(),
    'decode products': await productsAlone(decode),
    decode: rollouts(),
  };
}

/** Everything twice uncounted, then all of it next to each other in each repetition. */
async function measure(
  all: Readonly<Record<string, Repeated>>,
  repetitions: number,
): Promise<Record<string, readonly number[]>> {
  const seconds: Record<string, number[]> = Object.fromEntries(Object.keys(all).map((name) => [name, []]));
  for (let repetition = -1; repetition <= repetitions; repetition++) {
    for (const [name, { run }] of Object.entries(all)) {
      const start = performance.now();
      await run();
      if (repetition > 0) seconds[name]?.push((performance.now() - start) / 1000);
    }
    console.error(repetition > 0 ? `repetition ${repetition} of ${repetitions}` : 'warm-up');
  }
  for (const { release } of Object.values(all)) await release();
  return seconds;
}

await main();
