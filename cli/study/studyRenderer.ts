import { formatSeconds, formatValue } from '../../core/report/formatValue.ts';
import { readRun } from '../../core/runs/runJson.ts';
import { describeCell } from '../../core/experiment/sweep.ts';
import { scoreOf } from '../../core/study/collectTrial.ts';
import { measuredSeconds, secondsLeft, trialGroups } from '../../core/study/timeLeft.ts';
import type { TrialGroup } from '../../core/study/timeLeft.ts';
import type { PlannedTrial } from '../../core/study/trialPlan.ts';
import type { TrialResult } from '../../core/study/trialResult.ts';
import type { CommandContext } from '../command.ts';
import { createLiveDisplay, terminalWidth } from '../display/liveDisplay.ts';
import { clean, formatPieces } from '../display/textLine.ts';
import type { Piece } from '../display/textLine.ts';
import { writeJson, writeLine } from '../terminal.ts';
import type { LoadedStudy } from './loadStudy.ts';
import type { StudySession } from './studySession.ts';
import type { RunningTrial } from './trialRuns.ts';

/** What is shown while a study is run. */
export interface StudyRenderer {
  /** Milliseconds between two looks. */
  readonly interval: number;
  update(running: readonly RunningTrial[]): void;
  started(trial: RunningTrial): void;
  ended(trial: RunningTrial, result: TrialResult): void;
  /** The user wants it to stop; the second time at once. */
  stopping(times: number): void;
  end(how: { readonly ending: string | undefined; readonly isStopped: boolean }): void;
}

/** What a renderer looks at. */
export interface StudyScene {
  readonly loaded: LoadedStudy;
  readonly session: StudySession;
  /** Of the study's results. */
  readonly folder: string;
  /** Trials at once. */
  readonly slots: number;
}

/** A table that is drawn over for terminals, a line for each trial for pipes, an object for each event with `--json`. */
export function createStudyRenderer(context: CommandContext, scene: StudyScene): StudyRenderer {
  if (context.json) return createJsonRenderer(context, scene);
  const { terminal } = context;
  const { session, loaded } = scene;
  const display = terminal.isLive ? createLiveDisplay(terminal) : undefined;
  const groups = trialGroups(loaded.study, loaded.definition.tuning);
  const planned = groups.reduce((sum, { trials }) => sum + trials, 0);
  const print = (line: string): void => {
    display?.clear();
    writeLine(terminal, clean(line));
  };
  const count = session.outcomes.size;
  writeLine(
    terminal,
    `Study ${loaded.definition.name}: ${planned} trials${count === 0 ? '' : `, ${count} of them have ended before`}`,
  );
  return {
    interval: display === undefined ? 60_000 : 500,
    update: (running) => {
      display?.draw(
        [summaryOf(scene, groups), ...running.map(runningLine)].map((pieces) =>
          formatPieces(pieces, terminalWidth(terminal), terminal.style),
        ),
      );
    },
    started: () => undefined,
    ended: ({ trial }, result) => {
      print(`[${session.outcomes.size}/${planned}]  ${describeTrial(trial)}  ${describeResult(result)}`);
    },
    stopping: (times) => {
      const message =
        times === 1
          ? 'Stopping after the steps at hand and saving. Ctrl-C again: end at once'
          : 'Ending at once; what was saved last is gone on from later';
      display?.clear();
      terminal.err.write(`${message}\n`);
    },
    end: ({ ending, isStopped }) => {
      display?.clear();
      const failed = [...session.outcomes.values()].filter(({ status }) => status === 'failed');
      if (ending !== undefined) writeLine(terminal, `Ends here: ${ending}.`);
      for (const { run, error, uses } of failed.slice(0, 10)) {
        const where = uses[0] === undefined ? '' : `${uses[0].method}: `;
        writeLine(terminal, clean(`failed  ${where}${error?.message ?? 'for no reason that it gave'} (run ${run})`));
      }
      if (failed.length > 10) writeLine(terminal, `... and ${failed.length - 10} more trials have failed`);
      if (isStopped) writeLine(terminal, `Stopped; \`rlvr study ${loaded.source.file}\` goes on.`);
    },
  };
}

function createJsonRenderer({ terminal }: CommandContext, { session, loaded, folder }: StudyScene): StudyRenderer {
  const print = (event: object): void => {
    writeJson(terminal, event, { compact: true });
  };
  const decided = new Map<string, number | undefined>();
  const groups = trialGroups(loaded.study, loaded.definition.tuning);
  const planned = groups.reduce((sum, { trials }) => sum + trials, 0);
  print({ event: 'study', name: loaded.definition.name, folder, trials: planned, ended: session.outcomes.size });
  const tellDecisions = (): void => {
    for (const { method, setting, chosen, atEdge } of session.results().tuning) {
      const key = JSON.stringify([method, setting]);
      if (chosen === undefined || decided.get(key) === chosen) continue;
      decided.set(key, chosen);
      print({ event: 'decision', method, setting, learningRate: chosen, atEdge });
    }
  };
  tellDecisions();
  return {
    interval: 60_000,
    update: () => undefined,
    started: ({ trial: { id, phase, uses, experiment }, folder: runFolder }) => {
      const { seed, learning_rate: learningRate } = experiment;
      print({ event: 'trial', status: 'started', id, phase, uses, seed, learningRate, folder: runFolder });
    },
    ended: (_trial, { id, status, run, error, seconds, uses, ...result }) => {
      print({ event: 'trial', status, id, phase: result.phase, uses, run, error, seconds, accuracy: scoreOf(result) });
      if (result.phase === 'tuning') tellDecisions();
    },
    stopping: (times) => {
      print({ event: 'stopping', atOnce: times > 1 });
    },
    end: ({ ending, isStopped }) => {
      const { notRun, seconds } = session.results(ending);
      print({ event: 'end', ending, isStopped, ended: session.outcomes.size, notRun: notRun.length, seconds });
    },
  };
}

/** `lora chains r=16 seed 3 lr 5e-4`: what tells a trial from the others. */
export function describeTrial({ phase, uses: [use], experiment }: PlannedTrial): string {
  const { seed, learning_rate: rate, training } = experiment;
  if (use === undefined) return '';
  const { model, task, axes } = use.setting;
  const words = [use.method, model, task, ...(Object.keys(axes).length === 0 ? [] : [describeCell(axes)])];
  if (phase === 'base') return words.join('  ');
  return [...words, `lr ${rate}`, phase === 'tuning' ? `tuning, ${training.steps} steps` : `seed ${seed}`].join('  ');
}

function describeResult(result: TrialResult): string {
  if (result.status === 'failed') return `failed: ${result.error?.message ?? ''}`;
  const score = scoreOf(result);
  return `${score === undefined ? '' : `${formatValue(score, 'fraction')}, `}${formatSeconds(result.seconds.total)}`;
}

function summaryOf({ session, slots }: StudyScene, groups: readonly TrialGroup[]): readonly Piece[] {
  const { trials } = session.plan();
  const done = trials.filter(({ id }) => session.outcomes.has(id));
  const results = done.flatMap(({ id }) => session.outcomes.get(id) ?? []);
  const failed = results.filter(({ status }) => status === 'failed').length;
  const planned = groups.reduce((sum, { trials: count }) => sum + count, 0);
  const left = secondsLeft(groups, done, measuredSeconds(results), slots);
  const best = results
    .filter(({ phase }) => phase === 'report')
    .map((result) => ({ result, score: scoreOf(result) ?? -1 }))
    .sort((a, b) => b.score - a.score)[0];
  const time = left === undefined ? 'time left not known yet' : `${formatSeconds(left)} left`;
  const leader =
    best === undefined
      ? ''
      : `, best so far ${best.result.uses[0]?.method ?? ''} ${formatValue(best.score, 'fraction')}`;
  return [
    { text: `${done.length}/${planned} trials`, style: 'bold' },
    `${failed === 0 ? '' : `, ${failed} failed`}, ${time}${leader}`,
  ];
}

function runningLine({ trial, folder, startedAt }: RunningTrial): readonly Piece[] {
  const { steps } = readRun(folder);
  const of = trial.experiment.training.steps;
  const seconds = formatSeconds((Date.now() - startedAt) / 1000);
  return [
    '  ',
    { text: `${steps}/${of}`.padStart(9), style: 'dim' },
    `  ${describeTrial(trial)}`,
    { text: `  ${seconds}`, style: 'dim' },
  ];
}
