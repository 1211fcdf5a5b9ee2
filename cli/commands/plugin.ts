import { RlvrError } from '../../core/errors.ts';
import { didYouMean } from '../../core/didYouMean.ts';
import type { CommandContext } from '../command.ts';
import { isWatched } from '../userPlugins/watch.ts';

/** Options of `rlvr plugin`. */
export interface PluginCommandOptions {
  /** Of `new`: the project's folder. */
  readonly dir?: string;
  /** Of `new`: whether files that are there are replaced. */
  readonly force?: boolean;
  /** Of `test`: options of the plugin, as YAML. */
  readonly options?: string;
  /** Of `test`: whether every behaviour is listed, and errors come with their stacks. */
  readonly verbose?: boolean;
}

const actions = ['new', 'test', 'list'];

/** `rlvr plugin new KIND NAME`, `rlvr plugin test FILE`, `rlvr plugin list`: for authors of plugins. */
export async function pluginCommand(
  context: CommandContext,
  action: string,
  first: string | undefined,
  second: string | undefined,
  options: PluginCommandOptions,
): Promise<number> {
  const required = (value: string | undefined, usage: string): string => {
    if (value !== undefined) return value;
    throw new RlvrError('usage', `Something is missing: \`rlvr plugin ${usage}\`.`);
  };
  if (action === 'new') {
    const usage = 'new KIND NAME';
    const { newPlugin } = await import('../userPlugins/newPlugin.ts');
    return newPlugin(context, required(first, usage), required(second, usage), options);
  }
  if (action === 'test') {
    const file = required(first, 'test FILE');
    if (options.verbose === true) process.env['RLVR_DEBUG'] = '1';
    // What a plugin of a user's does, it does in a process of its own.
    if (!isWatched()) {
      const { runWatched } = await import('../userPlugins/runWatched.ts');
      return runWatched(process.argv.slice(2));
    }
    return (await import('../userPlugins/testPlugin.ts')).testPlugin(context, file, options);
  }
  if (action === 'list') return (await import('./plugins.ts')).pluginsCommand(context, first, second);
  const choices = `There are: ${actions.join(', ')}.`;
  throw new RlvrError('usage', `"${action}" is no action of \`rlvr plugin\`.${didYouMean(action, actions)} ${choices}`);
}
