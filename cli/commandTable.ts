import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from './command.ts';

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
  /** Loads the command's code, and with it what that needs. */
  readonly load: () => Promise<CommandFunction>;
}

const run = ['<run>', 'id of the run, the beginning of it, or "latest"'] as const;
const train = 'Train:';
const look = 'Look at runs:';

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
        .option('-d, --detach', 'start it in the background and return'),
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  {
    name: 'attach',
    group: train,
    summary: 'show a run that trains in the background',
    declare: (command) => command.argument(...run),
    load: async () => (await import('./commands/attach.ts')).attachCommand,
  },
  {
    name: 'stop',
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
    group: train,
    summary: 'go on with a stopped or killed run, as if it had never stopped',
    declare: (command) =>
      command
        .argument(...run)
        .option('-d, --detach', 'start it in the background and return')
        .option('--accept-changes', 'go on although versions, processor or threads have changed'),
    load: async () => (await import('./commands/resume.ts')).resumeCommand,
  },
  {
    name: 'runs',
    group: look,
    summary: 'list the runs, newest first',
    load: async () => (await import('./commands/runs.ts')).runsCommand,
  },
  {
    name: 'show',
    group: look,
    summary: 'one run: settings, results, and where its files are',
    declare: (command) => command.argument(...run),
    load: async () => (await import('./commands/show.ts')).showCommand,
  },
];

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

function toSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds < Infinity) return seconds;
  throw new InvalidArgumentError('A number of seconds is expected, as in 30 or 0.5.');
}
