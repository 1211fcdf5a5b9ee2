import { formatExperiment } from '../../core/experiment/formatExperiment.ts';
import { describeCell } from '../../core/experiment/sweep.ts';
import type { SweepCell } from '../../core/experiment/sweep.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { chooseExperiments, loadExperimentFile } from '../loadExperiment.ts';
import { writeTable } from '../table.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** Options of `rlvr show-config`. */
export interface ShowConfigOptions {
  readonly set: readonly string[];
  /** Of a sweep: number or name of the cell that is shown. */
  readonly cell?: string;
}

/** `rlvr show-config FILE`: an experiment with every default filled in, as a file that can be run; of a sweep, its cells. */
export async function showConfigCommand(
  context: CommandContext,
  file: string,
  options: ShowConfigOptions,
): Promise<number> {
  const { terminal, json } = context;
  const { content } = loadExperimentFile(context.cwd, file, options.set, await loadCatalog(context));
  if (content.kind === 'sweep' && options.cell === undefined) {
    if (json) writeJson(terminal, { sweep: content.name, cells: content.cells.map(describeJson) });
    else listCells(context, file, content.cells);
    return exitCodes.success;
  }
  const [chosen] = chooseExperiments(content, file, options.cell);
  if (chosen === undefined) return exitCodes.success;
  if (json) writeJson(terminal, chosen.resolved.experiment);
  else terminal.out.write(formatExperiment(chosen.resolved));
  return exitCodes.success;
}

function listCells({ terminal }: CommandContext, file: string, cells: readonly SweepCell[]): void {
  writeTable(
    terminal,
    [{ title: 'cell', isNumber: true }, { title: 'name' }, { title: 'values' }],
    cells.map(({ index, name, values }) => [String(index), name, describeCell(values)]),
  );
  writeLine(terminal);
  writeLine(terminal, `\`rlvr run ${file}\` runs them one after another, with --cell one of them.`);
  writeLine(terminal, `\`rlvr show-config ${file} --cell 1\` shows one with every default.`);
}

function describeJson({ index, name, values, resolved }: SweepCell): object {
  return { index, name, values, experiment: resolved.experiment };
}
