import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { describeMachine } from '../shared/machine.ts';
import { writeBlock } from '../shared/resultsFile.ts';

const usage = `Trains the sample experiment of every method and tables what came of it.

  npm run bench:methods -- [NAME...] [options]

  NAME                a sample of samples/methods, for example pissa; all of them when left out
  --set KEY=VALUE     passed on to \`rlvr run\`; may be repeated
  --write             put the table into docs/methods.md
  --help`;

const samples = path.join('samples', 'methods');
const ending = '.rlvr.yaml';

const accuracySchema = z.object({ accuracy: z.number(), low: z.number(), high: z.number() });
const runSchema = z.object({
  trainableParameters: z.number(),
  evaluation: z.object({ before: accuracySchema, after: accuracySchema }),
});
const experimentSchema = z.object({ learning_rate: z.number(), training: z.object({ steps: z.number() }) });

/** What a sample experiment came to. */
interface Trained {
  readonly name: string;
  readonly experiment: z.output<typeof experimentSchema>;
  readonly run: z.output<typeof runSchema>;
}

/** Or why it did not come to an end. */
interface Failed {
  readonly name: string;
  readonly reason: string;
}

function rlvr(args: readonly string[], folder: string): string {
  const program = path.resolve('dist', 'cli.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`rlvr ${args[0]}: ${stderr.trim()}`);
  return stdout;
}

function train(name: string, settings: readonly string[]): Trained | Failed {
  const file = path.resolve(samples, name + ending);
  const set = settings.flatMap((setting) => ['--set', setting]);
  const folder = mkdtempSync(path.join(tmpdir(), 'methods-'));
  try {
    const experiment = experimentSchema.parse(JSON.parse(rlvr(['show-config', file, ...set, '--json'], folder)));
    rlvr(['run', file, ...set, '--json'], folder);
    return { name, experiment, run: runSchema.parse(JSON.parse(rlvr(['show', 'latest', '--json'], folder))) };
  } catch (error) {
    return { name, reason: error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const percent = (value: number): string => (100 * value).toFixed(1);
const withInterval = ({ accuracy, low, high }: z.output<typeof accuracySchema>): string =>
  `${percent(accuracy)} (${percent(low)} to ${percent(high)})`;

function row(outcome: Trained | Failed): string {
  const file = `[${outcome.name}](../${samples}/${outcome.name}${ending})`;
  if ('reason' in outcome) return `| ${file} | | | | did not finish: ${outcome.reason} | |`;
  const { run, experiment } = outcome;
  const { before, after } = run.evaluation;
  const gain = 100 * (after.accuracy - before.accuracy);
  const cells = [
    file,
    run.trainableParameters.toLocaleString('en-US'),
    experiment.learning_rate.toExponential(),
    withInterval(before),
    withInterval(after),
    `${gain < 0 ? '' : '+'}${gain.toFixed(1)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      set: { type: 'string', multiple: true, default: [] },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const all = readdirSync(samples).flatMap((file) => (file.endsWith(ending) ? [file.slice(0, -ending.length)] : []));
  const unknown = positionals.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new RangeError(`There is no sample "${unknown}". There are: ${all.join(', ')}`);
  const names = positionals.length === 0 ? all : positionals;
  const outcomes = names.map((name, index) => {
    console.error(`${index + 1} of ${names.length}: ${name}`);
    const outcome = train(name, values.set);
    console.error(`  ${row(outcome)}`);
    return outcome;
  });
  const machine = describeMachine();
  const command = ['npm run bench:methods', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])];
  const table = [
    `${machine.date.slice(0, 10)}, ${machine.cpu}, Node ${machine.node}; \`${command.join(' ')}\`. One seed each; accuracy in ` +
      'per cent on held-out problems with its 95 % interval over problems.',
    '',
    '| sample | trained values | learning rate | accuracy before | after | gain |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...outcomes.map(row),
  ].join('\n');
  console.log(table);
  if (values.write) writeBlock(path.join('docs', 'methods.md'), 'results', table);
}

main();
