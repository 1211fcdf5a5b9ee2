import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { RlvrError } from '../core/errors.ts';
import { describeCell } from '../core/experiment/sweep.ts';
import { isFinal, observeRun } from '../core/runs/runJson.ts';
import type { ObservedRun } from '../core/runs/runJson.ts';
import type { RunCell, RunRecord } from '../core/runs/runRecord.ts';
import { createRun, listRuns } from '../core/runs/runStore.ts';
import type { NewStart } from '../core/runs/runStore.ts';
import type { CommandContext } from './command.ts';
import { describeAccuracy } from './display/describe.ts';
import { exitCodes } from './exitCodes.ts';
import type { ChosenExperiment } from './loadExperiment.ts';
import { queueAgain } from './queueAgain.ts';
import { startWorker } from './startWorker.ts';
import { writeTable } from './table.ts';
import { writeJson, writeLine } from './terminal.ts';
import { watchToEnd } from './watchToEnd.ts';

/** A sweep whose cells have been checked. */
export interface Sweep {
  /** The experiment file, as the user named it. */
  readonly file: string;
  readonly name: string;
  readonly source: RunRecord['source'];
  readonly experiments: readonly ChosenExperiment[];
  /** Where every cell starts, when that is not the base. */
  readonly start?: NewStart | undefined;
  /** Whether the user asked for it to go on in the background. */
  readonly isDetached?: boolean | undefined;
}

/** A cell, and its run where it has one. */
interface CellRun {
  readonly cell: RunCell;
  readonly experiment: RunRecord['experiment'];
  folder: string | undefined;
}

/**
 * Runs the cells of a sweep one after another. Cells that have finished before are not run again, those that were begun go on. A cell that
 * fails does not keep the others from running; Ctrl-C ends the sweep. Returns 0 where all have finished, 130 where it was stopped, else 1.
 */
export async function runSweep(context: CommandContext, sweep: Sweep): Promise<number> {
  const { terminal, json } = context;
  if (sweep.isDetached === true) {
    const message = `${sweep.file} is a sweep: its cells run one after another from here. --detach goes with --cell.`;
    throw new RlvrError('usage', message);
  }
  const cells = findRuns(context.runsFolder, sweep);
  let exitCode: number = exitCodes.success;
  for (const each of cells) {
    const { cell } = each;
    const known = each.folder === undefined ? undefined : observeRun(each.folder);
    const title = `Cell ${cell.index} of ${cell.of}, ${describeCell(cell.values)}`;
    if (json) writeJson(terminal, { event: 'cell', ...cell, status: known?.status }, { compact: true });
    if (known?.status === 'finished') {
      if (!json) writeLine(terminal, `${title}: has finished already, as run ${known.record.id}.`);
      continue;
    }
    if (!json)
      writeLine(
        terminal,
        terminal.style('bold', `${title}${known === undefined ? '' : `: goes on with run ${known.record.id}`}`),
      );
    const code = await runCell(context, sweep, each, known);
    const after = each.folder === undefined ? undefined : observeRun(each.folder);
    if (after !== undefined && !isFinal(after.status)) return leave(context, sweep, cells);
    if (code === exitCodes.interrupted) {
      exitCode = exitCodes.interrupted;
      break;
    }
    if (code !== exitCodes.success) exitCode = exitCodes.failure;
    if (!json) writeLine(terminal);
  }
  summarise(context, sweep, cells);
  return exitCode;
}

async function runCell(
  context: CommandContext,
  { source, start }: Sweep,
  each: CellRun,
  known: ObservedRun | undefined,
): Promise<number> {
  const { experiment, cell } = each;
  if (each.folder === undefined)
    each.folder = createRun(context.runsFolder, { experiment, source, cell, ...(start && { start }) }).folder;
  else if (known === undefined || isFinal(known.status)) await queueAgain(each.folder);
  else return watchToEnd(context, each.folder, {});
  return watchToEnd(context, each.folder, { worker: startWorker(each.folder) });
}

/** The cells with the newest run that each of them has: of the same file, with the same settings. */
function findRuns(runsFolder: string, { source, experiments, start }: Sweep): readonly CellRun[] {
  const earlier = listRuns(runsFolder).flatMap(({ record, folder }) =>
    record?.cell !== undefined && record.source.file === source.file && record.start?.from === start?.from
      ? [{ stored: asStored(record.experiment), folder }]
      : [],
  );
  return experiments.flatMap(({ resolved, cell }) => {
    if (cell === undefined) return [];
    const { experiment } = resolved;
    const wanted = asStored(experiment);
    const found = earlier.find(({ stored }) => isDeepStrictEqual(stored, wanted));
    return [{ cell, experiment, folder: found?.folder }];
  });
}

/** An experiment as a file keeps it. */
function asStored(experiment: RunRecord['experiment']): unknown {
  return JSON.parse(JSON.stringify(experiment));
}

/** The user has left the cell that runs. */
function leave(context: CommandContext, { file }: Sweep, cells: readonly CellRun[]): number {
  const open = cells.filter(({ folder }) => folder === undefined).length;
  if (open > 0 && !context.json) {
    const left = open === 1 ? 'One cell has' : `${open} cells have`;
    writeLine(context.terminal, `${left} not begun; \`rlvr run ${file}\` goes on with the sweep.`);
  }
  return exitCodes.success;
}

/** What came of each cell. */
function summarise({ terminal, json }: CommandContext, { file, name }: Sweep, cells: readonly CellRun[]): void {
  const rows = cells.map(({ cell, folder }) => ({
    cell,
    folder,
    observed: folder === undefined ? undefined : observeRun(folder),
  }));
  if (json) {
    const told = rows.map(({ cell: { index, values }, folder, observed }) => ({
      index,
      values,
      run: folder === undefined ? undefined : path.basename(folder),
      status: observed?.status,
      evaluation: observed?.record.evaluation,
    }));
    writeJson(terminal, { event: 'sweep', sweep: name, cells: told }, { compact: true });
    return;
  }
  const axes = Object.keys(cells[0]?.cell.values ?? {});
  const accuracy = (result: RunRecord['evaluation']['after']): string =>
    result === undefined ? '' : describeAccuracy(result);
  writeTable(
    terminal,
    [
      { title: 'cell', isNumber: true },
      ...axes.map((title) => ({ title })),
      { title: 'status' },
      { title: 'before' },
      { title: 'after (95 % interval)' },
      { title: 'run' },
    ],
    rows.map(({ cell, folder, observed }) => [
      String(cell.index),
      ...axes.map((axis) => describeCell({ [axis]: cell.values[axis] }).slice(axis.length + 1)),
      observed?.status ?? 'not begun',
      accuracy(observed?.record.evaluation.before),
      accuracy(observed?.record.evaluation.after),
      folder === undefined ? '' : path.basename(folder),
    ]),
  );
  const open = rows.filter(({ observed }) => observed?.status !== 'finished').length;
  if (open > 0) {
    const finished = `${rows.length - open} of ${rows.length} cells have finished`;
    writeLine(terminal, `${finished}. \`rlvr run ${file}\` goes on with the others.`);
  }
}
