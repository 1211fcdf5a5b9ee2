import path from 'node:path';
import { formatSeconds } from '../../core/report/formatValue.ts';
import { readModelConfig } from '../../core/model/modelConfig.ts';
import { decoderParameters } from '../../core/model/decoderParameters.ts';
import { designTable } from '../../core/study/report/designTables.ts';
import { summarizeStudy } from '../../core/study/report/studySummary.ts';
import { studyFolder } from '../../core/study/studyStore.ts';
import { measuredSeconds, trialGroups } from '../../core/study/timeLeft.ts';
import type { SecondsOfTrial, TrialGroup } from '../../core/study/timeLeft.ts';
import { valueCount } from '../../core/valueCount.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { writeTable } from '../table.ts';
import { writeJson, writeLine } from '../terminal.ts';
import { capacityOf } from './capacity.ts';
import type { LoadedStudy } from './loadStudy.ts';
import { printTable } from './printTable.ts';
import { openSession } from './studySession.ts';
import { openTrialRuns } from './trialRuns.ts';

/** Floating-point operations a second of a thread, and of a trial's tokens for each parameter: before anything was measured. */
const assumed = { operations: 6e10, perToken: { sampling: 2, training: 8 }, startSeconds: 3 };

/**
 * `rlvr study plan`: the trials of each part with the seconds that they take, measured where some have been run and else estimated, and
 * what the design can detect. Runs nothing.
 */
export function planStudy(context: CommandContext, loaded: LoadedStudy): number {
  const { terminal, json, runsFolder } = context;
  const { definition, study } = loaded;
  const session = openSession(loaded, studyFolder(runsFolder, definition.name), openTrialRuns(runsFolder, loaded));
  const results = session.results();
  const measured = measuredSeconds([...session.outcomes.values()].filter(({ seconds }) => seconds.total > 0));
  const estimated = estimatedSeconds(loaded);
  const { slots } = capacityOf(definition);
  const planned = trialGroups(study, definition.tuning).map((group) => {
    const seconds = measured(group.phase, group.model, group.steps);
    return {
      ...group,
      seconds: seconds ?? estimated(group.phase, group.model, group.steps) ?? 0,
      isMeasured: seconds !== undefined,
    };
  });
  const total = planned.reduce((sum, { trials, seconds }) => sum + trials * seconds, 0);
  const design = designTable(summarizeStudy(results));
  if (json) {
    writeJson(terminal, {
      study: definition.name,
      slots,
      trials: planned,
      seconds: total / slots,
      design: design.rows,
    });
    return exitCodes.success;
  }
  writeTable(
    terminal,
    [
      { title: 'part' },
      { title: 'trials of' },
      { title: 'model' },
      { title: 'steps', isNumber: true },
      { title: 'trials', isNumber: true },
      { title: 'each', isNumber: true },
      { title: 'in all', isNumber: true },
      { title: '' },
    ],
    planned.map(({ part, phase, model, steps, trials, seconds, isMeasured }) => [
      part,
      phaseNames[phase],
      model,
      String(steps),
      String(trials),
      formatSeconds(seconds),
      formatSeconds((trials * seconds) / slots),
      isMeasured ? 'measured' : 'estimated',
    ]),
  );
  const count = planned.reduce((sum, { trials }) => sum + trials, 0);
  const atOnce = slots === 1 ? 'one at a time' : `${slots} at once`;
  const guessed = planned.some(({ isMeasured }) => !isMeasured) ? ', a guess until some have been run' : '';
  writeLine(
    terminal,
    `${count} trials, ${atOnce}: ${formatSeconds(total / slots)}${guessed}. What parts share is counted once where rates are known.`,
  );
  writeLine(terminal);
  printTable(terminal, design);
  for (const { methods, what, because } of study.differences)
    writeLine(terminal, `Differs as declared: ${methods.join(', ')}: ${what}. ${because}`);
  return exitCodes.success;
}

const phaseNames: Readonly<Record<TrialGroup['phase'], string>> = {
  base: 'the base',
  tuning: 'tuning',
  report: 'the report',
};

/** Seconds of trials by the sizes of models and batches alone. */
function estimatedSeconds({ study, source, definition }: LoadedStudy): SecondsOfTrial {
  return (phase, model, steps) => {
    const experiment = study.parts
      .flatMap(({ cells }) => cells)
      .find(({ setting }) => setting.model === model)?.experiment;
    if (experiment === undefined) return undefined;
    const { rollout, evaluation, training } = experiment;
    const config = readModelConfig(path.resolve(source.folder, experiment.model.path));
    const parameters = decoderParameters(config).reduce((sum, { shape }) => sum + valueCount(shape), 0);
    const tokens = rollout.batch_size * rollout.max_completion_tokens;
    const perStep = tokens * (assumed.perToken.sampling / training.steps_per_generation + assumed.perToken.training);
    const tuned = phase === 'tuning' ? definition.tuning : undefined;
    const problems = (tuned?.problems ?? evaluation.problems) * (tuned?.samples ?? evaluation.samples);
    const evaluated = problems * rollout.max_completion_tokens * assumed.perToken.sampling;
    const operations = parameters * (steps * perStep + evaluated);
    return assumed.startSeconds + operations / (assumed.operations * definition.threads);
  };
}
