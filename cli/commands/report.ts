import path from 'node:path';
import { rewardNames } from '../../core/experiment/rewardNames.ts';
import { writeFileAtomically } from '../../core/model/atomicFile.ts';
import { formatValue } from '../../core/report/formatValue.ts';
import { renderReport } from '../../core/report/renderReport.ts';
import type { SelectedCompletion } from '../../core/report/reportData.ts';
import { selectCompletions, selectSteps } from '../../core/report/selectCompletions.ts';
import { completionSteps, readCompletions } from '../../core/runs/completions.ts';
import type { RunRecord } from '../../core/runs/runRecord.ts';
import { findRun } from '../../core/runs/runStore.ts';
import { writing } from '../../core/runs/writing.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { readView } from '../readView.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** Options of `rlvr report`. */
export interface ReportOptions {
  /** Where the page goes; beside the run's files where it is left out. */
  readonly out?: string;
}

/** `rlvr report RUN`: draws a run as one HTML page that needs no network. */
export async function reportCommand(
  context: CommandContext,
  reference: string,
  { out }: ReportOptions,
): Promise<number> {
  const { cwd, terminal, json } = context;
  const folder = findRun(context.runsFolder, reference);
  const { record, status, lines, now } = readView(folder);
  const page = Buffer.from(
    renderReport({
      run: record,
      status,
      metrics: lines,
      completions: await chooseCompletions(folder, record),
      ...gapBound(record),
      writtenAt: new Date(now).toISOString(),
    }),
  );
  const file = out === undefined ? path.join(folder, 'report.html') : path.resolve(cwd, out);
  writing(file, () => {
    writeFileAtomically(file, [page]);
  });
  if (json) writeJson(terminal, { run: record.id, file, bytes: page.length });
  else writeLine(terminal, `${path.relative(cwd, file) || file} (${formatValue(page.length, 'bytes')})`);
  return exitCodes.success;
}

/** How far sampler and trainer may differ, as the run's own check says. */
function gapBound({ checks }: RunRecord): { gapBound?: number } {
  const bound = checks.find(({ name }) => name === 'sampler-is-trainer')?.bound;
  return bound === undefined ? {} : { gapBound: bound };
}

async function chooseCompletions(folder: string, { experiment }: RunRecord): Promise<readonly SelectedCompletion[]> {
  const names = rewardNames(experiment.rewards);
  const weights = Object.fromEntries(experiment.rewards.map(({ weight }, index) => [names[index] ?? '', weight]));
  const chosen: SelectedCompletion[] = [];
  for (const step of selectSteps(completionSteps(folder))) {
    chosen.push(...selectCompletions(await readCompletions(folder, step), weights));
  }
  return chosen;
}
