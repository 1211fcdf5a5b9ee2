import { parseArgs } from 'node:util';
import { createCatalog } from '../../core/container.ts';
import { configureRuntime } from '../../core/tensor/runtime.ts';
import { plugins } from '../../plugins/index.ts';
import type { Repeated } from '../engine/benchRun.ts';
import { describeMachine } from '../shared/machine.ts';
import { recordResult } from '../shared/recordResult.ts';
import { wholeNumber } from '../shared/wholeNumber.ts';
import { methodSteps } from './methodSteps.ts';
import { ratiosOf, renderStepTimes, type MethodTimes, type StepTimes } from './table.ts';

const usage = `Measures a training step of every method against LoRA's at equal rank, the two in turn.

  npm run bench:steps -- [options] [methods]

  --repetitions N     default 7
  --threads N         default 2
  --json              print the figures as JSON
  --write             put the table into bench/RESULTS.md
  --help`;

/** Steps before any is counted: the first traces the graph, the second makes room in memory. */
const warmUp = 2;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
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
  const args = process.argv.slice(2).join(' ');
  const result: StepTimes = {
    machine: describeMachine(),
    command: `npm run bench:steps${args === '' ? '' : ` -- ${args}`}`,
    threads,
    repetitions,
    methods: await measure(positionals, repetitions),
  };
  const table = renderStepTimes(result);
  recordResult({ root: process.cwd(), name: 'steps', result, table, json: values.json, write: values.write });
}

/** One method at a time, each step between two of LoRA's, so that what else the machine does falls on both alike. */
async function measure(chosen: readonly string[], repetitions: number): Promise<MethodTimes[]> {
  const catalog = createCatalog(plugins);
  const ids = chosen.length > 0 ? chosen : catalog.all('adapter').map(({ id }) => id);
  const lora = methodSteps('lora', catalog);
  for (let step = 0; step < warmUp; step++) await lora.run();
  const measured: MethodTimes[] = [];
  for (const id of ids) {
    const method = methodSteps(id, catalog);
    for (let step = 0; step < warmUp; step++) await method.run();
    const [seconds, loraSeconds]: [number[], number[]] = [[], []];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const before = await secondsOf(lora);
      seconds.push(await secondsOf(method));
      loraSeconds.push((before + (await secondsOf(lora))) / 2);
    }
    await method.release();
    const times = { id, trainable: method.trainable, seconds, loraSeconds };
    measured.push(times);
    console.error(`${id}: ${ratiosOf(times).median.toFixed(2)} x LoRA`);
  }
  await lora.release();
  return measured;
}

async function secondsOf({ run }: Repeated): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

await main();
