import { formatExperiment } from '../../core/experiment/formatExperiment.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { loadExperiment } from '../loadExperiment.ts';
import { writeJson } from '../terminal.ts';

/** Options of `rlvr show-config`. */
export interface ShowConfigOptions {
  readonly set: readonly string[];
}

/** `rlvr show-config FILE`: an experiment with every default filled in, as a file that can be run. */
export async function showConfigCommand(
  context: CommandContext,
  file: string,
  options: ShowConfigOptions,
): Promise<number> {
  const { resolved } = loadExperiment(context.cwd, file, options.set, await loadCatalog(context));
  if (context.json) writeJson(context.terminal, resolved.experiment);
  else context.terminal.out.write(formatExperiment(resolved));
  return exitCodes.success;
}
