import { Command, CommanderError } from 'commander';
import { RlvrError } from '../core/errors.ts';
import { findRunsFolder } from '../core/runs/runsFolder.ts';
import type { CommandContext } from './command.ts';
import { commandTable } from './commandTable.ts';
import type { CommandEntry } from './commandTable.ts';
import { exitCodes } from './exitCodes.ts';
import { packageVersion } from './installation.ts';
import { reportError } from './reportError.ts';
import { processTerminal } from './terminal.ts';
import { isWatched } from './userPlugins/watch.ts';

interface CommonOptions {
  readonly json?: boolean;
  readonly runsFolder?: string;
}

const epilogue = `
Every command has --help and --json. RUN is the id of a run, the beginning of it, or "latest".

Exit codes:
  0    done; a run has finished, or goes on in the background
  1    the work failed, or something was found to be wrong
  2    what was given cannot be used: options, files, settings
  3    of rlvr verify: the reference cannot be used
  130  stopped by Ctrl-C or \`rlvr stop\`

Environment:
  RLVR_RUNS   the runs' folder, where --runs-folder is not given
  NO_COLOR    no colours
  RLVR_PLUGIN_SECONDS  how long a plugin of the project may take to load (20)
  RLVR_DEBUG  1: say where in the program an error happened`;

/** Carries out what the arguments say, in this process, and returns the exit code. Reports every error itself. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const startedAt = Date.now();
  const terminal = processTerminal(!args.includes('--no-color'));
  let json = args.includes('--json');
  let exitCode: number = exitCodes.success;
  const act = async (entry: CommandEntry, command: Command): Promise<void> => {
    const options: CommonOptions = command.opts();
    json = options.json === true;
    const context: CommandContext = {
      terminal,
      json,
      cwd: process.cwd(),
      runsFolder: findRunsFolder(process.cwd(), options.runsFolder, process.env['RLVR_RUNS']),
      startedAt,
      plugins: async () => {
        const { plugins } = await import('../plugins/index.ts');
        const folder = isWatched() ? await pluginFolderFor(command.processedArgs, context) : undefined;
        if (folder === undefined) return plugins;
        return (await import('./userPlugins/loadUserPlugins.ts')).withUserPlugins(plugins, folder);
      },
    };
    // Commander has checked what `declare` asked for, which is what the function takes.
    const given: readonly unknown[] = command.processedArgs;
    if (await needsChild(entry, given, context)) {
      exitCode = await (await import('./userPlugins/runWatched.ts')).runWatched(args);
      return;
    }
    const carryOut = await entry.load();
    exitCode = await carryOut(context, ...([...given, options] as never[]));
  };
  try {
    await createProgram(act).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(terminal, error, { json });
    if (error.exitCode === 0) return exitCodes.success;
    if (error.code === 'commander.help') return exitCodes.badInput;
    return reportError(terminal, new RlvrError('usage', usageMessage(error)), { json });
  }
}

/** Whether the command may run plugins of the user's, which run in a child process alone. */
async function needsChild(entry: CommandEntry, given: readonly unknown[], context: CommandContext): Promise<boolean> {
  if (isWatched() || entry.usesPlugins === false) return false;
  return entry.usesPlugins === 'always' || (await pluginFolderFor(given, context)) !== undefined;
}

/** The folder with the user's plugins that a command is to know; undefined where there is no plugin. */
async function pluginFolderFor(
  given: readonly unknown[],
  { cwd, runsFolder }: CommandContext,
): Promise<string | undefined> {
  const { findPluginFolder, pluginFiles, pluginStart } = await import('./userPlugins/pluginFolder.ts');
  const folder = findPluginFolder(pluginStart(given, cwd, runsFolder));
  return folder !== undefined && pluginFiles(folder).length > 0 ? folder : undefined;
}

function createProgram(act: (entry: CommandEntry, command: Command) => Promise<void>): Command {
  const program = new Command('rlvr')
    .description('Trains language models by reinforcement learning with verifiable rewards, through adapters.')
    .version(packageVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .commandsGroup('Help:')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', epilogue);
  const silent = { outputError: () => undefined };
  program.exitOverride().configureOutput(silent);
  program.configureHelp({
    subcommandTerm: (command) =>
      [
        command.name(),
        ...command.registeredArguments.map((argument) =>
          argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
        ),
      ].join(' '),
  });
  for (const entry of commandTable) {
    const command = program.command(entry.name).summary(entry.summary).description(sentence(entry.summary));
    command.helpGroup(entry.group).helpOption('-h, --help', 'show this help');
    entry.declare?.(command);
    command
      .option('--json', 'print results and errors as JSON')
      .option('--runs-folder <folder>', 'where runs are kept (default: the nearest .rlvr/runs)')
      .option('--no-color', 'no colours')
      .action(() => act(entry, command));
  }
  return program;
}

/** `error: unknown command 'rnu'\n(Did you mean run?)` as a sentence of ours. */
function usageMessage({ message }: CommanderError): string {
  const [problem = '', suggestion] = message.replace(/^error: /, '').split('\n(Did you mean ');
  const end = suggestion === undefined ? '' : ` Did you mean ${suggestion.replace(/\)$/, '')}`;
  return `${sentence(problem)}${end}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
