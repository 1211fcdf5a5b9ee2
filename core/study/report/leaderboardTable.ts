import { formatCount, formatNumber, formatSeconds, formatValue } from '../../report/formatValue.ts';
import type { Estimate } from './estimate.ts';
import type { LeaderboardRow } from './leaderboardRow.ts';
import { percentWithInterval } from './points.ts';
import { fillTable, type ColumnSpec, type ReportTable } from './reportTable.ts';

/** Every column of a leaderboard. Names in CSV say the unit; accuracies there are shares of 1. */
export function leaderboardTable(title: string, rows: readonly LeaderboardRow[]): ReportTable {
  const namesOf = (select: (row: LeaderboardRow) => object): string[] => [
    ...new Set(rows.flatMap((row) => Object.keys(select(row)))),
  ];
  const benchmarks = namesOf((row) => row.benchmarks);
  const ks = namesOf((row) => row.passAtK).sort((left, right) => Number(left) - Number(right));
  const most = ks.at(-1);
  const specs: ColumnSpec<LeaderboardRow>[] = [
    { title: 'Method', align: 'left', text: ({ method }) => method, data: ({ method }) => ({ method }) },
    {
      title: benchmarks.length > 1 ? 'Mean accuracy, %' : 'Accuracy, %',
      align: 'right',
      text: ({ accuracy }) => (accuracy === undefined ? '–' : percentWithInterval(accuracy)),
      data: ({ accuracy }) => estimateData('accuracy', accuracy),
    },
    ...(benchmarks.length > 1 ? benchmarks : []).map((name) =>
      shareColumn(name, `benchmark_${name}`, (row) => row.benchmarks[name]),
    ),
    {
      title: most === undefined ? 'pass@k' : `pass@${most}, %`,
      align: 'right',
      text: ({ passAtK }) => {
        const value = most === undefined ? undefined : passAtK[most];
        return value === undefined ? '' : percentWithInterval(value);
      },
      data: ({ passAtK }) =>
        Object.assign({}, ...ks.map((k) => estimateData(`pass_at_${k}`, passAtK[k]))) as object as Record<
          string,
          number
        >,
    },
    { title: 'Seeds', align: 'right', text: seedText, data: seedData },
    {
      title: 'Learning rate',
      align: 'right',
      text: ({ learningRates }) => learningRates.map(formatNumber).join(', '),
      data: ({ learningRates }) => ({ learning_rate: learningRates.join(' ') }),
    },
    {
      title: 'Trainable parameters',
      align: 'right',
      text: ({ trainableParameters }) => (trainableParameters === undefined ? '' : formatCount(trainableParameters)),
      data: ({ trainableParameters }) => ({ trainable_parameters: trainableParameters }),
    },
    {
      title: 'Tokens to target',
      align: 'right',
      text: tokensText,
      data: ({ tokensToTarget, reachedTarget }) => ({
        seeds_reached_target: reachedTarget,
        ...estimateData('tokens_to_target', tokensToTarget),
      }),
    },
    {
      title: 'KL from base, nats',
      align: 'right',
      text: ({ klFromBase }) => (klFromBase === undefined ? '' : numberWithInterval(klFromBase)),
      data: ({ klFromBase }) => estimateData('kl_from_base_nats', klFromBase),
    },
    ...namesOf((row) => row.retention).map((name) =>
      shareColumn(`Kept: ${name}`, `retention_${name}`, (row) => row.retention[name]),
    ),
    {
      title: 'Time',
      align: 'right',
      text: ({ machine: { seconds } }) => (seconds === undefined ? '' : formatSeconds(seconds)),
      data: ({ machine: { seconds } }) => ({ seconds }),
    },
    {
      title: 'Peak memory',
      align: 'right',
      text: ({ machine: { peakMemoryBytes } }) =>
        peakMemoryBytes === undefined ? '' : formatValue(peakMemoryBytes, 'bytes'),
      data: ({ machine: { peakMemoryBytes } }) => ({ peak_memory_bytes: peakMemoryBytes }),
    },
  ];
  return fillTable(title, rows, specs);
}

/** Mean, ends of the interval, and what it is over, under names for CSV. */
export function estimateData(name: string, estimate: Estimate | undefined): Record<string, number | undefined> {
  return {
    [name]: estimate?.mean,
    [`${name}_low`]: estimate?.interval?.low,
    [`${name}_high`]: estimate?.interval?.high,
  };
}

/** A mean with its interval, in three digits. */
function numberWithInterval({ mean, interval }: Estimate): string {
  return interval === undefined
    ? formatNumber(mean)
    : `${formatNumber(mean)} (${formatNumber(interval.low)} to ${formatNumber(interval.high)})`;
}

function shareColumn(
  title: string,
  name: string,
  select: (row: LeaderboardRow) => Estimate | undefined,
): ColumnSpec<LeaderboardRow> {
  return {
    title: `${title}, %`,
    align: 'right',
    text: (row) => {
      const estimate = select(row);
      return estimate === undefined ? '' : percentWithInterval(estimate);
    },
    data: (row) => estimateData(name, select(row)),
  };
}

function seedText({ seedsFinished, seedsFailed, seedsMissing }: LeaderboardRow): string {
  const notes = [
    ...(seedsFailed.length > 0 ? [`${seedsFailed.length} failed`] : []),
    ...(seedsMissing.length > 0 ? [`${seedsMissing.length} not run`] : []),
  ];
  return notes.length === 0 ? String(seedsFinished.length) : `${seedsFinished.length} (${notes.join(', ')})`;
}

function seedData({ seedsFinished, seedsFailed, seedsMissing }: LeaderboardRow): Record<string, number> {
  return {
    seeds_finished: seedsFinished.length,
    seeds_failed: seedsFailed.length,
    seeds_not_run: seedsMissing.length,
  };
}

function tokensText({ tokensToTarget, reachedTarget, seedsFinished }: LeaderboardRow): string {
  if (reachedTarget === undefined || seedsFinished.length === 0) return '';
  if (tokensToTarget === undefined) return 'not reached';
  const mean = formatCount(tokensToTarget.mean);
  return reachedTarget === seedsFinished.length ? mean : `${mean} (${reachedTarget} of ${seedsFinished.length} seeds)`;
}
