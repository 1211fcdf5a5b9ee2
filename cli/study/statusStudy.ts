import { lockHolder } from '../../core/runs/lock.ts';
import { isFinal } from '../../core/runs/runJson.ts';
import { formatSeconds, formatValue } from '../../core/report/formatValue.ts';
import { resultsFile, studyFolder } from '../../core/study/studyStore.ts';
import { measuredSeconds, secondsLeft, trialGroups } from '../../core/study/timeLeft.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { writeFacts, writeTable } from '../table.ts';
import { writeJson, writeLine } from '../terminal.ts';
import { clean } from '../display/textLine.ts';
import { capacityOf } from './capacity.ts';
import type { LoadedStudy } from './loadStudy.ts';
import { describeTrial } from './studyRenderer.ts';
import { openSession } from './studySession.ts';
import { openTrialRuns } from './trialRuns.ts';

/** `rlvr study status`: how far a study is, also while another process runs it. Changes nothing. */
export function statusStudy(context: CommandContext, loaded: LoadedStudy): number {
  const { terminal, json, runsFolder } = context;
  const { definition, study } = loaded;
  const folder = studyFolder(runsFolder, definition.name);
  const runs = openTrialRuns(runsFolder, loaded);
  const session = openSession(loaded, folder, runs);
  const { trials } = session.plan();
  const holder = lockHolder(folder);
  const running = trials.flatMap((trial) => {
    const run = session.outcomes.has(trial.id) ? undefined : runs.find(trial.id);
    return run === undefined ? [] : [{ trial, run, isRunning: !isFinal(run.status) }];
  });
  const done = trials.filter(({ id }) => session.outcomes.has(id));
  const ended = done.flatMap(({ id }) => session.outcomes.get(id) ?? []);
  const failed = ended.filter(({ status }) => status === 'failed');
  const groups = trialGroups(study, definition.tuning);
  const { slots } = capacityOf(definition);
  const left = secondsLeft(groups, done, measuredSeconds(ended.filter(({ seconds }) => seconds.total > 0)), slots);
  const { seconds, tuning } = session.results();
  const share = seconds.trials + seconds.overhead === 0 ? 0 : seconds.overhead / (seconds.trials + seconds.overhead);
  const parts = study.parts.map(({ name }) => {
    const planned = groups.filter(({ part }) => part === name).reduce((sum, group) => sum + group.trials, 0);
    const own = done.filter(({ uses: [use] }) => use?.part === name).length;
    return { part: name, trials: planned, ended: own };
  });
  const planned = groups.reduce((sum, group) => sum + group.trials, 0);
  if (json) {
    writeJson(terminal, {
      study: definition.name,
      results: resultsFile(folder),
      runBy: holder?.pid,
      trials: planned,
      ended: done.length,
      failed: failed.map(({ id, run, error, uses }) => ({ id, run, error, uses })),
      running: running.map(({ trial: { id, phase, uses, experiment }, run, isRunning }) => ({
        id,
        phase,
        uses,
        seed: experiment.seed,
        status: run.status,
        run: run.record.id,
        steps: run.record.steps,
        of: experiment.training.steps,
        isRunning,
      })),
      parts,
      decisions: tuning.map(({ method, setting, chosen, atEdge, trials: count }) => ({
        method,
        setting,
        chosen,
        atEdge,
        trials: count,
      })),
      secondsLeft: left,
      seconds,
      overhead: share,
    });
    return exitCodes.success;
  }
  writeFacts(terminal, [
    ['study', definition.name],
    ['run by', holder === undefined ? 'nobody now' : `process ${holder.pid}`],
    [
      'trials',
      `${done.length} of ${planned} have ended${failed.length === 0 ? '' : `, ${failed.length} of them failed`}`,
    ],
    ['time left', left === undefined ? 'not known yet' : formatSeconds(left)],
    [
      'overhead',
      `${formatValue(share, 'fraction')} of ${formatSeconds(seconds.trials + seconds.overhead)}: all but training and evaluation`,
    ],
    ['results', resultsFile(folder)],
  ]);
  writeLine(terminal);
  writeTable(
    terminal,
    [{ title: 'part' }, { title: 'trials', isNumber: true }, { title: 'ended', isNumber: true }],
    parts.map((part) => [part.part, String(part.trials), String(part.ended)]),
  );
  if (running.length > 0) writeLine(terminal);
  for (const { trial, run } of running) {
    writeLine(
      terminal,
      clean(
        `${run.status}  ${describeTrial(trial)}  ${run.record.steps}/${trial.experiment.training.steps}  ${run.record.id}`,
      ),
    );
  }
  for (const { run, error, uses } of failed) {
    writeLine(terminal, clean(`failed  ${uses[0]?.method ?? ''}: ${error?.message ?? ''} (run ${run})`));
  }
  return exitCodes.success;
}
