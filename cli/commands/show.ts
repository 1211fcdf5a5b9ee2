import path from 'node:path';
import { dapoIngredients, describeIngredients } from '../../core/experiment/dapoIngredients.ts';
import { describeCell } from '../../core/experiment/sweep.ts';
import { formatCount, formatMoment, formatSeconds, formatValue } from '../../core/report/formatValue.ts';
import type { EvaluationResult, RunRecord } from '../../core/runs/runRecord.ts';
import { findRun } from '../../core/runs/runStore.ts';
import type { CommandContext } from '../command.ts';
import { describeRunJson } from '../describeRun.ts';
import { describeAccuracy, describeBenchmarks, describeMetrics, describeWatched } from '../display/describe.ts';
import { secondsSpent, stepsDone } from '../display/runView.ts';
import type { RunView } from '../display/runView.ts';
import { exitCodes } from '../exitCodes.ts';
import { readView } from '../readView.ts';
import { formatError } from '../reportError.ts';
import { writeFacts } from '../table.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** `rlvr show RUN`: one run in detail. */
export function showCommand({ terminal, json, runsFolder, cwd }: CommandContext, reference: string): number {
  const view = readView(findRun(runsFolder, reference));
  if (json) {
    writeJson(terminal, describeRunJson(view));
    return exitCodes.success;
  }
  writeFacts(terminal, describeFacts(view, cwd));
  const { error } = view.record;
  if (error !== undefined) writeLine(terminal, formatError(terminal, error.code, error.message));
  if (view.status === 'interrupted' || view.status === 'stopped') {
    writeLine(terminal, `\`rlvr resume ${view.record.id}\` goes on from the newest checkpoint.`);
  }
  return exitCodes.success;
}

function describeFacts(view: RunView, cwd: string): readonly (readonly [string, string])[] {
  const { record, status, folder, lines } = view;
  const { experiment, trainableParameters: trainable, firstStepSeconds, checks } = record;
  const known = <Value>(value: Value | undefined, describe: (value: Value) => string): string[] =>
    value === undefined ? [] : [describe(value)];
  const accuracy = (result: EvaluationResult): string =>
    `${describeAccuracy(result)} of ${formatCount(result.problems)} problems`;
  const last = record.checkpoints.at(-1);
  const isImport = record.start?.isImport === true;
  const facts: readonly (readonly [string, readonly string[]])[] = [
    ['run', [record.id]],
    ['status', [status]],
    [
      'method',
      [[record.method, ...known(trainable, (count) => `${formatCount(count)} trained parameters`)].join(', ')],
    ],
    ['start', known(record.start, ({ from }) => (isImport ? `imported from ${from}` : from))],
    [
      'cell',
      known(record.cell, ({ sweep, index, of, values }) => `${index} of ${of} of ${sweep}: ${describeCell(values)}`),
    ],
    ['steps', isImport ? [] : [`${formatCount(stepsDone(view))} of ${formatCount(experiment.training.steps)}`]],
    [
      'time',
      isImport
        ? []
        : [
            [
              formatSeconds(secondsSpent(view)),
              ...known(firstStepSeconds, (seconds) => `${formatSeconds(seconds)} to the first step`),
            ].join(', '),
          ],
    ],
    ['created', [formatMoment(record.createdAt)]],
    ['model', [path.relative(cwd, path.resolve(record.source.folder, experiment.model.path))]],
    ['accuracy before', known(record.evaluation.before, accuracy)],
    ['accuracy after', known(record.evaluation.after, accuracy)],
    ['not trained on', describeWatched(record)],
    ['benchmark', describeBenchmarks(record)],
    [
      'best',
      known(record.best, ({ step, accuracy: best }) => `step ${step}: ${formatShare(best)} on the selection split`),
    ],
    [
      'ended early',
      known(record.plateau, ({ step, accuracy: most }) => {
        return `after step ${step}: no evaluation on the selection split came above ${formatShare(most)}`;
      }),
    ],
    ['DAPO', known(dapoIngredients(experiment), describeIngredients)],
    [
      'failed rewards',
      known(record.rewardFailures, ({ count, first: [first] }) => {
        const told =
          first === undefined ? '' : `, first in step ${first.step}: reward "${first.reward}" ${first.message}`;
        return `on ${formatCount(count)} completions, which were masked${told}`;
      }),
    ],
    ['last step', known(lines.at(-1), (line) => describeMetrics(line).join(', '))],
    ['checks', checks.length === 0 ? [] : [describeChecks(checks)]],
    ['folder', [path.relative(cwd, folder)]],
    ['checkpoint', last === undefined ? [] : [describeCheckpoint(path.relative(cwd, folder), last)]],
  ];
  return facts.flatMap(([name, values]) => values.map((value) => [name, value] as const));
}

function formatShare(value: number): string {
  return formatValue(value, 'fraction');
}

function describeCheckpoint(folder: string, { step, format }: RunRecord['checkpoints'][number]): string {
  const formats = {
    peft: ', an adapter for Hugging Face PEFT',
    huggingface: ', with a Hugging Face model',
    native: '',
  };
  return `${path.join(folder, 'checkpoints', `step-${step}`)}${formats[format]}`;
}

function describeChecks(checks: RunRecord['checks']): string {
  const failed = checks.filter(({ passed }) => !passed);
  const [word, named] = failed.length === 0 ? ['passed', checks] : ['failed', failed];
  return `${named.length} of ${checks.length} ${word}: ${named.map(({ name }) => name).join(', ')}`;
}
