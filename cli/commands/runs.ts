import { describeCell } from '../../core/experiment/sweep.ts';
import { formatMoment, formatValue } from '../../core/report/formatValue.ts';
import { observeRun } from '../../core/runs/runJson.ts';
import { listRuns } from '../../core/runs/runStore.ts';
import type { ListedRun } from '../../core/runs/runStore.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { writeTable } from '../table.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** `rlvr runs`: all runs, newest first. */
export function runsCommand({ terminal, json, runsFolder }: CommandContext): number {
  const runs = listRuns(runsFolder);
  if (json) {
    writeJson(terminal, runs.map(describeJson));
  } else if (runs.length === 0) {
    writeLine(terminal, `There are no runs in ${runsFolder}.`);
  } else {
    // A column that would be empty in every row is not shown.
    const hasCells = runs.some(({ record }) => record?.cell !== undefined);
    const columns = [
      { title: 'run' },
      { title: 'status' },
      { title: 'method' },
      ...(hasCells ? [{ title: 'cell' }] : []),
      { title: 'steps', isNumber: true },
      { title: 'before', isNumber: true },
      { title: 'after', isNumber: true },
      { title: 'created' },
    ];
    writeTable(
      terminal,
      columns,
      runs.map((run) => describeRow(run, hasCells)),
    );
  }
  return exitCodes.success;
}

function describeRow(run: ListedRun, hasCells: boolean): readonly string[] {
  const cell = hasCells ? [describeCell(run.record?.cell?.values ?? {})] : [];
  if (run.record === undefined)
    return [run.id, 'damaged', '', ...cell, '', '', '', run.problem.split('\n', 1).join('')];
  const { record, status } = observeRun(run.folder);
  const { before, after } = record.evaluation;
  const percent = (result: typeof before): string =>
    result === undefined ? '' : formatValue(result.accuracy, 'fraction');
  return [
    record.id,
    status,
    record.method,
    ...cell,
    record.start?.isImport === true ? 'import' : `${record.steps}/${record.experiment.training.steps}`,
    percent(before),
    percent(after),
    formatMoment(record.createdAt),
  ];
}

function describeJson(run: ListedRun): object {
  if (run.record === undefined) return { id: run.id, folder: run.folder, problem: run.problem };
  const { record, status } = observeRun(run.folder);
  const { id, method, start, cell, steps, createdAt, evaluation, experiment } = record;
  return {
    id,
    status,
    method,
    start,
    cell,
    steps,
    totalSteps: experiment.training.steps,
    createdAt,
    evaluation,
    folder: run.folder,
  };
}
