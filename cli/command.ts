import type { PluginCatalog, PluginSet } from '../core/contracts/pluginCatalog.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Whether results are wanted as JSON. */
  readonly json: boolean;
  readonly cwd: string;
  /** Absolute; it need not exist yet. */
  readonly runsFolder: string;
  /** When the command was started, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Loads the plugins, and with them the tensor library: only for commands that need them. */
  plugins(): Promise<PluginSet>;
}

/** Loads the plugins and makes them findable. */
export async function loadCatalog(context: CommandContext): Promise<PluginCatalog> {
  const [plugins, { createCatalog }] = await Promise.all([context.plugins(), import('../core/container.ts')]);
  return createCatalog(plugins);
}
