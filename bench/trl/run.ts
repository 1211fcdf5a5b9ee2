import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { workloadOf } from './defaultWorkload.ts';
import { describeMachine } from '../shared/machine.ts';
import { wholeNumber } from '../shared/wholeNumber.ts';
import type { Measurement } from './measurement.ts';
import { measureRun, runOurs } from './oursSide.ts';
import { randomWorkload } from './randomWorkload.ts';
import { writeBlock } from '../shared/resultsFile.ts';
import type { Setting } from './settings.ts';
import { fixedLength, naturalLength, wholeExperiment } from './settings.ts';
import type { SettingResult, Side } from './table.ts';
import { renderResults, sides } from './table.ts';
import { runTrl } from './trlSide.ts';
import type { Workload } from './workload.ts';

const usage = `Compares this project's training with TRL + PEFT on this machine.

  npm run bench:trl -- [options]

  --setting TEXT      only settings whose title contains TEXT; may be given several times
  --side TEXT         only sides whose name contains TEXT (ours, TRL float32, TRL bfloat16); may be given several times
  --repetitions N     default 3; before them every side runs once uncounted
  --whole N           repetitions of the whole default experiment, default 1; 0: it is left out
  --threads N         of the numeric libraries, default 2
  --write             put the tables into bench/RESULTS.md
  --help`;

interface Options {
  readonly python: string;
  readonly root: string;
  readonly settings: readonly string[];
  readonly sides: readonly Side[];
  readonly repetitions: number;
  readonly wholeRepetitions: number;
  readonly threads: number;
  readonly write: boolean;
}

/** The benchmark's command line. `python` is the interpreter of the environment with TRL, `root` the repository. */
export async function main(args: readonly string[], python: string, root: string): Promise<void> {
  const options = readOptions(args, python, root);
  if (options === undefined) {
    console.log(usage);
    return;
  }
  const work = mkdtempSync(join(tmpdir(), 'rlvr-bench-'));
  try {
    const results: SettingResult[] = [];
    for (const setting of await allSettings(options, work)) results.push(await measureSetting(setting, options, work));
    report(results, options, args);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function readOptions(args: readonly string[], python: string, root: string): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      setting: { type: 'string', multiple: true, default: [''] },
      side: { type: 'string', multiple: true, default: [''] },
      repetitions: { type: 'string', default: '3' },
      whole: { type: 'string', default: '1' },
      threads: { type: 'string', default: '2' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    python,
    root,
    settings: values.setting,
    sides: sides.filter((side) => values.side.some((text) => side.includes(text))),
    repetitions: wholeNumber('repetitions', values.repetitions, 1),
    wholeRepetitions: wholeNumber('whole', values.whole, 0),
    threads: wholeNumber('threads', values.threads, 1),
    write: values.write,
  };
}

async function allSettings(options: Options, work: string): Promise<Setting[]> {
  const scripts = join(options.root, 'bench', 'trl');
  const random = randomWorkload(work, options.python, scripts, options.threads);
  const randomDescription =
    'Qwen2 of 1.59 M random parameters, d 192, 4 layers; 64 completions in groups of 8, prompts of 32 tokens';
  const file = join(options.root, 'samples', 'arithmetic.rlvr.yaml');
  const whole = await workloadOf(file, options.threads);
  const groups = `${whole.batchSize} completions in groups of ${whole.groupSize}`;
  const wholeDescription = `The default experiment, samples/arithmetic.rlvr.yaml: ${groups}`;
  const settings = [
    fixedLength(random, randomDescription),
    naturalLength(random, randomDescription),
    ...(options.wholeRepetitions === 0 ? [] : [wholeExperiment(whole, wholeDescription, file)]),
  ];
  return settings.filter(({ title }) => options.settings.some((text) => title.includes(text)));
}

/** Every side once uncounted (the long whole experiment aside), then all sides next to each other in each repetition, in turning order. */
async function measureSetting(setting: Setting, options: Options, work: string): Promise<SettingResult> {
  const measurements: Record<Side, Measurement[]> = { ours: [], 'TRL float32': [], 'TRL bfloat16': [] };
  const isWhole = setting.experimentFile !== undefined;
  const repetitions = isWhole ? options.wholeRepetitions : options.repetitions;
  for (let repetition = isWhole ? 1 : 0; repetition <= repetitions; repetition++) {
    const turn = repetition % options.sides.length;
    for (const side of [...options.sides.slice(turn), ...options.sides.slice(0, turn)]) {
      const folder = mkdtempSync(join(work, 'run-'));
      const measurement = await measureSide(side, setting, options, folder);
      rmSync(folder, { recursive: true, force: true });
      if (repetition > 0) measurements[side].push(measurement);
      const saved = `${measurement.savedSeconds.toFixed(1)} s`;
      console.error(
        `${setting.title}, ${repetition === 0 ? 'warm-up' : `repetition ${repetition}`}, ${side}: ${saved}`,
      );
    }
  }
  return { setting: setting.title, description: setting.description, quantities: setting.quantities, measurements };
}

function measureSide(side: Side, setting: Setting, options: Options, folder: string): Promise<Measurement> {
  const workload: Workload = setting.workload;
  if (side === 'ours') {
    const cli = resolve(options.root, 'dist', 'cli.js');
    return setting.experimentFile === undefined
      ? runOurs(workload, folder, cli)
      : measureRun(setting.experimentFile, folder, cli);
  }
  const precision = side === 'TRL float32' ? 'float32' : 'bfloat16';
  return runTrl(workload, precision, folder, {
    python: options.python,
    script: join(options.root, 'bench', 'trl', 'trl_grpo.py'),
  });
}

function report(results: readonly SettingResult[], options: Options, args: readonly string[]): void {
  const machine = describeMachine();
  const command = ['npm run bench:trl', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
  const tables = renderResults(results);
  const folder = join(options.root, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `trl-${machine.date.replaceAll(':', '')}.json`);
  writeFileSync(file, `${JSON.stringify({ machine, command, threads: options.threads, results }, undefined, 1)}\n`);
  console.log(tables);
  console.error(`\nAll figures: ${file}`);
  if (!options.write) return;
  const machineText = `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`;
  const note =
    `${machine.date.slice(0, 10)}, ${machineText}; \`${command}\`; ${options.threads} threads a side, median (least to most) ` +
    `of ${options.repetitions} repetitions, ${options.wholeRepetitions} of the whole experiment.`;
  writeBlock(join(options.root, 'bench', 'RESULTS.md'), 'trl', `${note}\n\n${tables}`);
}
