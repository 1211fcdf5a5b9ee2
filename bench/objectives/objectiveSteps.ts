import { parseArgs } from 'node:util';
import { createCatalog } from '../../core/container.ts';
import type { PluginCatalog } from '../../core/contracts/pluginCatalog.ts';
import { configureRuntime } from '../../core/tensor/runtime.ts';
import type { TrainingRow } from '../../core/training/microBatch.ts';
import { plugins } from '../../plugins/index.ts';
import { benchCheckpoint, benchStepOptions } from '../engine/benchModel.ts';
import { benchRows, trainingSteps, type Repeated } from '../engine/benchRun.ts';
import { describeMachine } from '../shared/machine.ts';
import { recordResult } from '../shared/recordResult.ts';
import { wholeNumber } from '../shared/wholeNumber.ts';
import { completionsMeasured, ratiosOf, renderObjectiveTimes, type ObjectiveTimes, type Subject } from './table.ts';

const usage = `Measures a training step with every objective, and with options that cost something, against grpo's, the two in turn: in
processor time on one thread, of which a busy machine takes nothing away.

  npm run bench:objectives -- [options] [objectives]

  --repetitions N     default 5
  --json              print the figures as JSON
  --write             put the table into bench/RESULTS.md
  --help`;

/** Steps before any is counted: the first traces the graph, the others make room in memory and clear up. */
const warmUp = 5;

/** Options of grpo that add something to the graph. */
const optionsMeasured: readonly Readonly<Record<string, unknown>>[] = [
  { beta: 0.04 },
  { entropy_coef: 0.01 },
  { top_entropy_quantile: 0.2 },
  { off_policy_mask_threshold: 0.5 },
  { rollout_correction: 'sequence_mask' },
];

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      repetitions: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const repetitions = wholeNumber('repetitions', values.repetitions);
  // A second thread would wait for the first by computing, which is no work of the objective's.
  configureRuntime({ threads: 1 });
  const args = process.argv.slice(2).join(' ');
  const result: ObjectiveTimes = {
    machine: describeMachine(),
    command: `npm run bench:objectives${args === '' ? '' : ` -- ${args}`}`,
    repetitions,
    subjects: await measure(positionals, repetitions),
  };
  const table = renderObjectiveTimes(result);
  recordResult({ root: process.cwd(), name: 'objectives', result, table, json: values.json, write: values.write });
}

/** What is measured: every objective (or those chosen) as it is by default, and grpo with each of the options. */
function subjects(chosen: readonly string[], catalog: PluginCatalog): readonly Pick<Subject, 'id' | 'options'>[] {
  const ids = chosen.length > 0 ? chosen : catalog.all('objective').map(({ id }) => id);
  const options = ids.includes('grpo') ? optionsMeasured : [];
  return [...ids.map((id) => ({ id, options: {} })), ...options.map((each) => ({ id: 'grpo', options: each }))];
}

/** Optimizer steps with an objective, on completions that have all that an objective may ask for. */
function stepsWith({ id, options }: Pick<Subject, 'id' | 'options'>, catalog: PluginCatalog): Repeated {
  const objective = catalog.find('objective', id);
  const rows = benchRows()
    .slice(0, completionsMeasured)
    .map((row): TrainingRow => {
      const tokenAdvantages = row.ids.map((_, token) => row.advantage * (1 - token / row.ids.length));
      return { ...row, tokenAdvantages, referenceLogps: row.policyLogps };
    });
  const objectiveConfig = objective.config.parse(options);
  return trainingSteps({ ...benchStepOptions(benchCheckpoint()), objective, objectiveConfig }, rows);
}

/** One objective at a time, each step between two of grpo's, so that what else the machine does falls on both alike. */
async function measure(chosen: readonly string[], repetitions: number): Promise<Subject[]> {
  const catalog = createCatalog(plugins);
  const grpo = stepsWith({ id: 'grpo', options: {} }, catalog);
  for (let step = 0; step < warmUp; step++) await grpo.run();
  const measured: Subject[] = [];
  for (const subject of subjects(chosen, catalog)) {
    const steps = stepsWith(subject, catalog);
    for (let step = 0; step < warmUp; step++) await steps.run();
    const [seconds, grpoSeconds]: [number[], number[]] = [[], []];
    let before = await secondsOf(grpo);
    for (let repetition = 0; repetition < repetitions; repetition++) {
      seconds.push(await secondsOf(steps));
      const after = await secondsOf(grpo);
      grpoSeconds.push((before + after) / 2);
      before = after;
    }
    await steps.release();
    const times = { ...subject, seconds, grpoSeconds };
    measured.push(times);
    console.error(`${subject.id} ${JSON.stringify(subject.options)}: ${ratiosOf(times).median.toFixed(3)} x grpo`);
  }
  await grpo.release();
  return measured;
}

/** Processor time. */
async function secondsOf({ run }: Repeated): Promise<number> {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

await main();
