import path from 'node:path';
import { metricNames } from '../core/metricNames.ts';
import { eventsPrefix } from '../core/runs/appendedLengths.ts';
import { openMetricsTail } from '../core/runs/metricsTail.ts';
import { readRun } from '../core/runs/runJson.ts';
import { findRun } from '../core/runs/runStore.ts';
import { openEvents } from '../core/runs/tfevents.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exitCodes.ts';
import { bytesIn, writeOutputFolder } from './outputFolder.ts';
import { formatCount, formatValue } from '../core/report/formatValue.ts';
import { writeJson, writeLine } from './terminal.ts';

/** Where events go. */
export interface EventsOptions {
  readonly out: string | undefined;
  readonly force: boolean;
}

/** Writes a run's metrics as a TensorBoard file of its own, in a new folder. Steps lie apart by the time that they took. */
export async function exportEvents(
  { terminal, json, cwd, runsFolder }: CommandContext,
  reference: string,
  { out, force }: EventsOptions,
): Promise<number> {
  const runFolder = findRun(runsFolder, reference);
  const { id, createdAt } = readRun(runFolder);
  const { lines } = openMetricsTail(runFolder).read();
  const name = out ?? `${id}-tfevents`;
  const target = path.resolve(cwd, name);
  const mark = `${eventsPrefix}${Math.floor(Date.parse(createdAt) / 1000)}.rlvr`;
  await writeOutputFolder({ target, name, mark, kind: 'folder with events of this run', force }, (folder) => {
    const events = openEvents(folder, createdAt);
    let moment = Date.parse(createdAt) / 1000;
    for (const { step, metrics } of lines) {
      moment += metrics[metricNames.stepSeconds] ?? 0;
      events.append(step, metrics, moment);
    }
    events.close();
  });
  if (json) writeJson(terminal, { run: id, folder: target, steps: lines.length, bytes: bytesIn(target) });
  else {
    const size = formatValue(bytesIn(target), 'bytes');
    writeLine(terminal, `Wrote the metrics of run ${id} at ${formatCount(lines.length)} steps into ${name} (${size}).`);
    writeLine(terminal, `Next: \`tensorboard --logdir ${name}\` draws them.`);
  }
  return exitCodes.success;
}
