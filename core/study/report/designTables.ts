import { formatCount, formatNumber, formatSeconds, formatValue } from '../../report/formatValue.ts';
import { detectableDifference, differenceDeviation } from '../statistics/power.ts';
import { smallestSignFlipP } from '../statistics/signFlip.ts';
import type { StudyResults } from '../studyResults.ts';
import { testLevel } from './compareMethods.ts';
import { percent, pValue } from './points.ts';
import { fillTable, type ReportTable } from './reportTable.ts';
import { axisValue, settingLabel } from './settingKey.ts';
import type { StudySummary } from './studySummary.ts';

/** The spread over seeds that designs are judged by before anything is measured. */
const assumedDeviation = 0.03;

/** What each part's design can show. */
export function designTable({ parts }: StudySummary): ReportTable {
  const rows = parts.map(({ part, settings }) => {
    const tests = Math.max(1, part.methods.length - 1);
    const deviation = differenceDeviation(assumedDeviation);
    const found = (alpha: number): number | undefined =>
      detectableDifference({ seeds: part.seeds.length, deviation, alpha });
    return { part, settings, tests, alone: found(testLevel), corrected: found(testLevel / tests) };
  });
  const smallest = (value: number | undefined): string =>
    value === undefined ? 'nothing' : value > 1 ? 'more than 100' : percent(value);
  return fillTable(
    'What the design can show',
    rows,
    [
      { title: 'Part', align: 'left', text: ({ part }) => part.name, data: () => ({}) },
      {
        title: 'Kind',
        align: 'left',
        text: ({ part }) => (part.exploratory ? 'exploratory' : 'headline'),
        data: () => ({}),
      },
      { title: 'Settings', align: 'right', text: ({ settings }) => String(settings.length), data: () => ({}) },
      { title: 'Seeds', align: 'right', text: ({ part }) => String(part.seeds.length), data: () => ({}) },
      { title: 'Learning rate', align: 'left', text: ({ part }) => part.learningRate, data: () => ({}) },
      { title: 'Baselines', align: 'left', text: ({ part }) => part.baselines.join(', '), data: () => ({}) },
      {
        title: 'Comparisons in a family',
        align: 'right',
        text: ({ tests }) => String(tests),
        data: () => ({}),
      },
      {
        title: 'Smallest possible p',
        align: 'right',
        text: ({ part }) => pValue(smallestSignFlipP(part.seeds.length)),
        data: () => ({}),
      },
      {
        title: 'Smallest detectable, one test',
        align: 'right',
        text: ({ alone }) => smallest(alone),
        data: () => ({}),
      },
      { title: 'After correction', align: 'right', text: ({ corrected }) => smallest(corrected), data: () => ({}) },
      {
        title: 'Took',
        align: 'right',
        text: ({ part: { seconds } }) => (seconds === undefined ? '' : formatSeconds(seconds)),
        data: () => ({}),
      },
    ],
    'Smallest detectable: the difference, in points, that a paired test over seeds finds with 80 % power, if an accuracy ' +
      `varies over seeds by ${percent(assumedDeviation)} points and pairing gains nothing. Each comparison has its own.`,
  );
}

/** Which problems trained, which chose, which are told. */
export function splitTable({ splits }: StudyResults): ReportTable {
  return fillTable('Splits', splits, [
    { title: 'Task', align: 'left', text: ({ task }) => task, data: () => ({}) },
    { title: 'Split', align: 'left', text: ({ split }) => split, data: () => ({}) },
    { title: 'Data', align: 'left', text: ({ name }) => name, data: () => ({}) },
    {
      title: 'Problems',
      align: 'right',
      text: ({ problems }) => (problems === undefined ? 'drawn without end' : formatCount(problems)),
      data: () => ({}),
    },
    { title: 'Seeds of trials', align: 'left', text: ({ seeds }) => seeds?.join(', ') ?? '', data: () => ({}) },
  ]);
}

/** What each arm got for choosing its learning rate, and what it chose. */
export function tuningTable({ tuning }: StudyResults): ReportTable {
  return fillTable('Learning rates: what each arm got and chose', tuning, [
    { title: 'Method', align: 'left', text: ({ method }) => method, data: ({ method }) => ({ method }) },
    {
      title: 'Setting',
      align: 'left',
      text: ({ setting: { task, model, axes } }) => [task, model, ...Object.values(axes).map(axisValue)].join(', '),
      data: ({ setting: { task, model } }) => ({ task, model }),
    },
    { title: 'Trials', align: 'right', text: ({ trials }) => String(trials), data: ({ trials }) => ({ trials }) },
    { title: 'Steps', align: 'right', text: ({ steps }) => formatCount(steps), data: ({ steps }) => ({ steps }) },
    {
      title: 'Rates tried',
      align: 'left',
      text: ({ rates }) => rates.map(({ learningRate }) => formatNumber(learningRate)).join(', '),
      data: () => ({}),
    },
    {
      title: 'Chosen',
      align: 'right',
      text: ({ chosen }) => (chosen === undefined ? 'none' : formatNumber(chosen)),
      data: ({ chosen }) => ({ chosen }),
    },
    {
      title: 'At the edge',
      align: 'left',
      text: ({ atEdge }) => (atEdge === undefined ? 'no' : `yes: still the ${atEdge === 'low' ? 'lowest' : 'highest'}`),
      data: ({ atEdge }) => ({ at_edge: atEdge ?? 'no' }),
    },
  ]);
}

/** Methods as they were compared. */
export function methodTable({ methods }: StudyResults): ReportTable {
  return fillTable('Methods as they were compared', methods, [
    { title: 'Method', align: 'left', text: ({ name }) => name, data: () => ({}) },
    { title: 'Adapter', align: 'left', text: ({ adapter }) => adapter, data: () => ({}) },
    {
      title: 'Options',
      align: 'left',
      text: ({ options }) =>
        Object.entries(options)
          .map(([name, value]) => `${name} ${axisValue(value)}`)
          .join(', '),
      data: () => ({}),
    },
    { title: 'Optimizer', align: 'left', text: ({ optimizer }) => optimizer ?? '', data: () => ({}) },
    {
      title: 'Trains',
      align: 'left',
      text: ({ targets }) => (targets.length === 0 ? 'its own choice of weights' : targets.join(', ')),
      data: () => ({}),
    },
  ]);
}

/** What differs between methods, as declared, and what can be seen to. */
export function declaredDifferences({ differs, methods, tuning }: StudyResults): readonly string[] {
  const targets = new Set(methods.map((method) => [...method.targets].sort().join(', ')));
  const perMethod = new Map<string, number>();
  for (const { method, trials } of tuning) perMethod.set(method, (perMethod.get(method) ?? 0) + trials);
  const counts = [...perMethod.values()];
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return [
    ...differs.map(({ in: what, methods: names, because }) => `${what} of ${names.join(', ')}: ${because}`),
    targets.size > 1
      ? 'Not all methods train the same kinds of layers; the table of methods says which.'
      : 'All methods train the same kinds of layers.',
    ...(counts.length === 0
      ? ['No learning rate was tuned.']
      : [
          least === most
            ? `Every method got ${most} tuning trials.`
            : `Methods got from ${least} to ${most} tuning trials; the table of learning rates says which.`,
        ]),
  ];
}

/** Trials that failed. */
export function failedTable({ trials }: StudyResults): ReportTable {
  const failed = trials.filter(({ status }) => status === 'failed');
  return fillTable('Failed trials', failed, [
    { title: 'Method', align: 'left', text: ({ uses }) => uses[0]?.method ?? '', data: () => ({}) },
    {
      title: 'Where',
      align: 'left',
      text: ({ uses, phase }) => {
        const setting = uses[0]?.setting;
        const where =
          setting === undefined
            ? ''
            : [setting.task, setting.model, ...Object.values(setting.axes).map(axisValue)].join(', ');
        return phase === 'tuning' ? `tuning, ${where}` : where;
      },
      data: () => ({}),
    },
    { title: 'Seed', align: 'right', text: ({ seed }) => String(seed), data: () => ({}) },
    { title: 'Rate', align: 'right', text: ({ learningRate }) => formatNumber(learningRate), data: () => ({}) },
    {
      title: 'Why',
      align: 'left',
      text: ({ error }) => (error === undefined ? 'unknown' : `${error.code}: ${error.message}`),
      data: () => ({}),
    },
  ]);
}

/** What the study asks for and did not run. */
export function notRunTable({ notRun, parts }: StudyResults): ReportTable {
  return fillTable('Not run', notRun, [
    { title: 'Part', align: 'left', text: ({ part }) => part, data: () => ({}) },
    { title: 'Method', align: 'left', text: ({ method }) => method, data: () => ({}) },
    {
      title: 'Setting',
      align: 'left',
      text: ({ part, setting }) => {
        const found = parts.find(({ name }) => name === part);
        return found === undefined ? setting.task : settingLabel(setting, found);
      },
      data: () => ({}),
    },
    { title: 'Seeds', align: 'left', text: ({ seeds }) => seeds.join(', '), data: () => ({}) },
    { title: 'Because', align: 'left', text: ({ because }) => because, data: () => ({}) },
  ]);
}

/** Where the study's time went, in one sentence. */
export function overheadSentence({ seconds: { trials, overhead } }: StudyResults): string {
  const share = trials + overhead === 0 ? 0 : overhead / (trials + overhead);
  const parts = [formatSeconds(trials), formatSeconds(overhead), formatValue(share, 'fraction')];
  return `Training and evaluation took ${parts[0]}; everything else ${parts[1]}, ${parts[2]} of the whole.`;
}
