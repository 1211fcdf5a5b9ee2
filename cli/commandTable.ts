import { Argument, InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from './command.ts';
import { numberWithin, stepOrBest, wholeNumber } from './optionValues.ts';

/** What a command's file exports: it gets the context, the arguments in order and the options, and returns the exit code. */
export type CommandFunction = (context: CommandContext, ...given: never[]) => number | Promise<number>;

/** A command as the command line knows it before it is needed. */
export interface CommandEntry {
  readonly name: string;
  /** Heading in `rlvr --help`. */
  readonly group: string;
  readonly summary: string;
  /** Adds arguments and options; `--json`, `--runs-folder`, `--no-color` and `--help` have all commands. */
  readonly declare?: (command: Command) => Command;
  /**
   * Whether the command runs plugins: false, never; `always`, also where the project has none of its own. Left out: it does where the
   * project has some, and is then carried out in a child process.
   */
  readonly usesPlugins?: false | 'always';
  /** Loads the command's code, and with it what that needs. */
  readonly load: () => Promise<CommandFunction>;
}

const subject = ['<run-or-model>', 'a run, or a Hugging Face model folder'] as const;
const run = ['<run>', 'id of the run, the beginning of it, or "latest"'] as const;
const train = 'Train:';
const look = 'Look at runs:';
const use = 'Use what was trained:';
const write = 'Write experiments:';

/** All commands, in the order of `rlvr --help`. A new one is an entry here and a file in `cli/commands`. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'run',
    group: train,
    summary: 'train as an experiment file says, and show how it goes',
    declare: (command) =>
      command
        .argument('<file>', 'the experiment (*.rlvr.yaml)')
        .option('-s, --set <key=value>', 'override a setting, as in adapter.r=8; may be repeated', collect, [])
        .option('--cell <cell>', 'of a file with a matrix: only this cell, by its number or name')
        .option(
          '--from <run-or-folder>',
          'start from what a run has trained (RUN, RUN@STEP, RUN@best), or from an adapter that PEFT saved',
        )
        .option('-d, --detach', 'start it in the background and return'),
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  {
    name: 'study',
    group: train,
    summary: 'compare methods as a study file says: tune, train, and test what is different',
    declare: (command) =>
      command
        .argument('<action-or-file>', 'the study (*.study.yaml) to run; or plan, status or report, before the file')
        .argument('[file]', 'the study (*.study.yaml)')
        .option('-s, --set <key=value>', 'override a setting of the study, as in seeds=2; may be repeated', collect, [])
        .option('--quick', 'the small version that the file describes under `quick`')
        .option('--retry-failed', 'run trials again that have failed')
        .option('-o, --out <folder>', 'where a report goes (default: beside the study’s results)'),
    load: async () => (await import('./commands/study.ts')).studyCommand,
  },
  {
    name: 'attach',
    usesPlugins: false,
    group: train,
    summary: 'show a run that trains in the background',
    declare: (command) => command.argument(...run),
    load: async () => (await import('./commands/attach.ts')).attachCommand,
  },
  {
    name: 'stop',
    usesPlugins: false,
    group: train,
    summary: 'let a run finish its step and save, and wait until it has',
    declare: (command) =>
      command
        .argument(...run)
        .option('-f, --force', 'end its process at once when it has not stopped in time')
        .option('-t, --timeout <seconds>', 'how long to wait', toSeconds, 60),
    load: async () => (await import('./commands/stop.ts')).stopCommand,
  },
  {
    name: 'resume',
    usesPlugins: false,
    group: train,
    summary: 'go on with a stopped or killed run, as if it had never stopped',
    declare: (command) =>
      command
        .argument(...run)
        .option('-d, --detach', 'start it in the background and return')
        .option(
          '-c, --checkpoint <step>',
          'go back to the checkpoint of this step, or to "best", and on from there',
          stepOrBest,
        )
        .option('--accept-changes', 'go on although versions, processor or threads have changed'),
    load: async () => (await import('./commands/resume.ts')).resumeCommand,
  },
  {
    name: 'runs',
    usesPlugins: false,
    group: look,
    summary: 'list the runs, newest first',
    load: async () => (await import('./commands/runs.ts')).runsCommand,
  },
  {
    name: 'show',
    usesPlugins: false,
    group: look,
    summary: 'one run: settings, results, and where its files are',
    declare: (command) => command.argument(...run),
    load: async () => (await import('./commands/show.ts')).showCommand,
  },
  {
    name: 'report',
    usesPlugins: false,
    group: look,
    summary: 'draw a run as one HTML page that needs no network',
    declare: (command) =>
      command
        .argument(...run)
        .option('-o, --out <file>', 'where the page goes (default: report.html in the run’s folder)'),
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  {
    name: 'spectra',
    group: look,
    summary: 'what training did to the spectrum of each weight, with a verdict on collapse',
    declare: (command) =>
      command
        .argument('<run-or-folder>', 'a run, an adapter folder of PEFT’s, or a model folder')
        .option('-b, --base <folder>', 'the model that it was trained from (default: as the run or the adapter says)')
        .option('-c, --checkpoint <step>', 'of a run: the checkpoint of this step, or "all" (the default)', stepOrAll)
        .option('-k, --top-k <k>', 'how many leading directions are followed', wholeNumber(1), 32)
        .option('--full', 'the whole spectrum of W + dW, not its top alone')
        .option('-l, --layers <regex>', 'only layers whose name, or its last parts, match')
        .option('--html [file]', 'draw it as one HTML page that needs no network')
        .option('-o, --out <folder>', 'where the spectra go (default: in the run’s folder, else ./spectra)'),
    load: async () => (await import('./commands/spectra.ts')).spectraCommand,
  },
  {
    name: 'eval',
    group: use,
    summary: 'measure accuracy on held-out problems: pass@k, avg@k, with 95 % intervals',
    declare: (command) =>
      sampling(command.argument(...subject))
        .option('-n, --problems <n>', 'how many problems (default: as the run says, else 512)', wholeNumber(1))
        .option('-k, --samples <k>', 'completions for each problem; pass@k needs k', wholeNumber(1))
        .option('-d, --data <data>', 'other problems: a data set, a .jsonl file, an experiment, or {type: ...}')
        .option('-r, --reward <reward>', 'what judges (default: the run’s first reward, else the one for the data)'),
    load: async () => (await import('./commands/eval.ts')).evalCommand,
  },
  {
    name: 'generate',
    group: use,
    summary: 'talk with a model or with what a run has trained',
    declare: (command) =>
      sampling(
        command.argument(...subject).argument('[prompt]', 'what to say (default: a conversation, or piped lines)'),
      )
        .option('--system <text>', 'the system message')
        .option('--history', 'let the model see what was said before')
        .option('--raw', 'give the model the text as it is, without chat template'),
    load: async () => (await import('./commands/generate.ts')).generateCommand,
  },
  {
    name: 'merge',
    group: use,
    summary: 'fold a run’s adapter into its model and write a Hugging Face folder',
    declare: (command) =>
      command
        .argument(...run)
        .requiredOption('-o, --out <folder>', 'the new model folder')
        .option('-c, --checkpoint <step>', 'the checkpoint of this step, or "best" (default: the newest)', stepOrBest)
        .option('-f, --force', 'replace a model folder that is there already'),
    load: async () => (await import('./commands/merge.ts')).mergeCommand,
  },
  {
    name: 'count',
    group: write,
    summary: 'how many parameters a method trains in a model, from its config.json alone',
    declare: (command) =>
      command
        .argument('<config-or-folder>', 'a config.json, or a Hugging Face model folder; weights are not read')
        .requiredOption('-a, --adapter <type>', 'the method (`rlvr plugins adapter` lists them)')
        .option('-s, --set <key=value>', 'one of its settings, as in r=8; may be repeated', collect, []),
    load: async () => (await import('./commands/count.ts')).countCommand,
  },
  {
    name: 'export',
    group: use,
    summary: 'write what a run has trained, or its metrics, for other programs',
    declare: (command) =>
      command
        .argument(...run)
        .addOption(
          new Option(
            '--format <format>',
            'peft: an adapter folder; hf: the merged model; gguf-lora: an adapter for llama.cpp; tfevents: metrics for TensorBoard',
          )
            .choices(['peft', 'hf', 'gguf-lora', 'tfevents'])
            .makeOptionMandatory(),
        )
        .option('-o, --out <path>', 'the new folder; of gguf-lora the file (default: named after the run)')
        .option('-c, --checkpoint <step>', 'the checkpoint of this step, or "best" (default: the newest)', stepOrBest)
        .option('--rank <rank>', 'approximate it by plain LoRA of this rank, and tell the error', wholeNumber(1))
        .addOption(new Option('--dtype <type>', 'number type of gguf-lora (default: f32)').choices(['f32', 'f16']))
        .option('-f, --force', 'replace what an earlier export wrote'),
    load: async () => (await import('./commands/export.ts')).exportCommand,
  },
  {
    name: 'import',
    group: use,
    summary: 'make a run of an adapter that Hugging Face PEFT saved',
    declare: (command) =>
      command
        .argument('<folder>', 'the adapter: adapter_config.json and adapter_model.safetensors')
        .requiredOption('-b, --base <folder>', 'the model folder that it belongs to')
        .option('-n, --name <name>', 'the run’s name (default: the folder’s)'),
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
  {
    name: 'verify',
    usesPlugins: false,
    group: use,
    summary: 'say whether an answer is the reference, and why; exit code 0: yes, 1: no, 3: unusable reference',
    declare: (command) =>
      command
        .option('-g, --gold <reference>', 'the reference, with or without dollars or a box')
        .option('-a, --answer <completion>', 'the whole completion; - reads it from standard input')
        .option('-f, --file <cases>', 'many cases: a file with one JSON object a line (id, gold, answer, options)')
        .option('-p, --precision <places>', 'decimal places in which a decimal must agree', wholeNumber(0))
        .option('-e, --extraction <kinds>', 'what is looked for, as in latex,expr (the default) or string')
        .option('--strings <choices>', 'the choices of kind string, as in A,B,C,D')
        .option(
          '--boxed-priority <rank>',
          'rank of boxes; 0: before "the final answer is"; -1: none',
          numberWithin(-1, 1000, true),
        )
        .option('--no-strict', 'let names of variables differ, and tuples answer sets')
        .option('--allow-set-relation-comp', 'let x > 3 answer a reference such as (3, oo)')
        .option('--limit <milliseconds>', 'longest time of one comparison', wholeNumber(1)),
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'init',
    group: write,
    summary: 'write an experiment in which every key is explained',
    declare: (command) =>
      command
        .argument('[file]', 'the file to write (default: experiment.rlvr.yaml)')
        .option('-m, --model <folder>', 'the model to train (default: the tiny model of this package)'),
    load: async () => (await import('./commands/init.ts')).initCommand,
  },
  {
    name: 'show-config',
    group: write,
    summary: 'an experiment with every default filled in',
    declare: (command) =>
      command
        .argument('<file>', 'the experiment (*.rlvr.yaml)')
        .option('-s, --set <key=value>', 'override a setting, as in adapter.r=8; may be repeated', collect, [])
        .option('--cell <cell>', 'of a file with a matrix: this cell, by its number or name'),
    load: async () => (await import('./commands/showConfig.ts')).showConfigCommand,
  },
  {
    name: 'schema',
    group: write,
    summary: 'print the JSON Schema of experiments or studies, for editors',
    declare: (command) => command.argument('[kind]', 'experiment (the default) or study'),
    load: async () => (await import('./commands/schema.ts')).schemaCommand,
  },
  {
    name: 'data',
    group: write,
    summary: 'look at data: prompts as the model sees them (show), or everything that is wrong with them (check)',
    declare: (command) =>
      command
        .addArgument(new Argument('<action>', 'show or check').choices(['show', 'check']))
        .argument('<file-or-data>', 'an experiment, a .jsonl or .parquet file, a data set’s id, or {type: ...}')
        .option('-m, --model <folder>', 'whose tokenizer counts, where no experiment says (default: the tiny model)')
        .option('-n, --problems <n>', 'problems shown of each split', wholeNumber(1), 3),
    load: async () => (await import('./commands/data.ts')).dataCommand,
  },
  {
    name: 'plugins',
    group: write,
    summary: 'list methods, rewards, data sets and the rest, with their options',
    declare: (command) =>
      command
        .argument('[kind]', 'adapter, reward, objective, optimizer, dataset, analyzer or engine')
        .argument('[id]', 'one plugin of the kind'),
    load: async () => (await import('./commands/plugins.ts')).pluginsCommand,
  },
  {
    name: 'plugin',
    group: write,
    summary: 'write a plugin of your own (new) and judge it by the conformance suite (test)',
    usesPlugins: false,
    declare: (command) =>
      command
        .argument('<action>', 'new KIND NAME, test FILE, or list')
        .argument(
          '[first]',
          'of new: adapter, reward, optimizer, analyzer, objective or dataset; of test: the plugin’s file',
        )
        .argument('[second]', 'of new: the id of the plugin')
        .option('--dir <folder>', 'of new: the project, which gets .rlvr/plugins (default: the current folder)')
        .option('-f, --force', 'of new: replace files that are there already')
        .option(
          '--options <yaml>',
          'of test: options of a plugin whose options have no defaults, as {path: data.jsonl}',
        )
        .option('--verbose', 'of test: list what passed as well'),
    load: async () => (await import('./commands/plugin.ts')).pluginCommand,
  },
  {
    name: 'doctor',
    group: write,
    summary: 'say what works on this machine, and why not',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
];

/** Options of commands that sample from a model. */
function sampling(command: Command): Command {
  return command
    .option(
      '-c, --checkpoint <step>',
      'of a run: the checkpoint of this step, or "best" (default: the newest)',
      stepOrBest,
    )
    .option('-t, --temperature <t>', 'of sampling; 0 takes the most likely token', numberWithin(0, Infinity, true))
    .option('--top-p <p>', 'keep the smallest set of tokens with this probability', numberWithin(0, 1, false))
    .option('--max-tokens <n>', 'longest answer', wholeNumber(1))
    .option('--seed <n>', 'of sampling', wholeNumber(0));
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

function stepOrAll(text: string): number | 'all' {
  return text === 'all' ? 'all' : wholeNumber(0)(text);
}

function toSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds < Infinity) return seconds;
  throw new InvalidArgumentError('A number of seconds is expected, as in 30 or 0.5.');
}
