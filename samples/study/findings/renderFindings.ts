import { formatSeconds } from '../../../core/report/formatValue.ts';
import { points, pointsBetween } from '../../../core/study/report/points.ts';
import type { PartReport, StudyReport } from '../../../core/study/report/studyReport.ts';
import { escapeMarkdown } from '../../../core/study/report/tableFormats.ts';
import { claims, paperAverages, ruleWords } from './claims.ts';
import { accuracyText, judgeClaim, type JudgedClaim } from './judgeClaim.ts';

/** Where the text finds the figures and the data. */
export interface FindingsPlaces {
  /** Folder of the figures, relative to the text. */
  readonly figures: string;
  /** The results, from the repository's root. */
  readonly source: string;
}

/** The findings as Markdown: every number comes from the results, every verdict from a rule. The same report gives the same text. */
export function renderFindings(report: StudyReport, { figures, source }: FindingsPlaces): string {
  const judged = claims.map((claim) => judgeClaim(report, claim));
  const { results, summary } = report;
  const headline = report.parts.filter(({ summary: { part } }) => !part.exploratory);
  return [
    '# Findings: which parameter-efficient method for RLVR?',
    '',
    'The questions of *Evaluating Parameter Efficient Methods for RLVR* (arXiv 2512.23165), asked of tiny models trained here. ' +
      'What holds here is said of these models and tasks; of models a thousand times their size it is no evidence but for how to compare.',
    '',
    `Written by \`npm run findings\` from \`${source}\` (\`npm run study\`); no number is typed by hand. ` +
      `Fingerprint of the results: \`${summary.fingerprint}\`. ` +
      'What the numbers mean: [intervals.md](intervals.md).',
    '',
    '## In short',
    '',
    ...judged.map(({ claim, judgement }) => `- ${escapeMarkdown(claim.says)} **${label(judgement)}**`),
    '',
    '## Against the paper’s numbers',
    '',
    'The paper’s averages are over six benchmarks of competition mathematics, one seed, one learning rate. Ours are accuracies on ' +
      'tasks of their own: compare the differences from LoRA, not the levels.',
    '',
    ...paperTable(headline),
    '## Claim by claim',
    '',
    'Each rule was written before results were seen. A part of few seeds is exploratory, and one that was not run to the end is ' +
      'preliminary: it can lean, it cannot decide.',
    '',
    ...judged.flatMap((one) => claimText(one, report)),
    '## Headline results',
    '',
    ...headline.flatMap(({ settings }) =>
      settings.flatMap(({ figures: own }) =>
        own.flatMap(({ title, name }) => [`![${title}](${figures}/${name}.svg)`, '']),
      ),
    ),
    '## What was run, and what was not',
    '',
    ...timeTable(report),
    ...missingText(report),
    `Training and evaluation took ${formatSeconds(results.seconds.trials)}; everything else ${formatSeconds(results.seconds.overhead)}.`,
    '',
  ].join('\n');
}

function label(judgement: JudgedClaim['judgement']): string {
  const words: Readonly<Record<JudgedClaim['judgement'], string>> = {
    holds: 'Holds here.',
    'does not hold': 'Does not hold here.',
    'cannot be said': 'Cannot be said.',
    'leans towards it': 'Preliminary: leans towards it.',
    'leans against it': 'Preliminary: leans against it.',
    differs: 'Differs between methods or tasks.',
    'not run': 'Not run.',
  };
  return words[judgement];
}

function paperTable(headline: readonly PartReport[]): readonly string[] {
  const settings = headline.flatMap((part) => part.settings.map(({ summary }) => summary));
  const loraOf = new Map(
    paperAverages.filter(({ method }) => method === 'lora').map(({ model, average }) => [model, average]),
  );
  const heads = [
    'Paper’s model',
    'Method',
    'Paper, %',
    'From LoRA',
    ...settings.flatMap(({ label: name }) => [`${name}, %`, 'From LoRA']),
  ];
  const rows = paperAverages.map(({ model, name, method, average }) => {
    const difference = (average - (loraOf.get(model) ?? average)) / 100;
    const ours = settings.flatMap(({ rows: own, comparisons }) => {
      const row = own.find((one) => one.method === method);
      const found = comparisons.find((one) => one.method === method && one.baseline === 'lora')?.difference;
      const change =
        found === undefined
          ? ''
          : `${points(found.mean)} ${found.interval === undefined ? '' : pointsBetween(found.interval)}`;
      return [accuracyText(row?.accuracy), change];
    });
    return [model, name, average.toFixed(1), method === 'lora' ? '' : points(difference), ...ours];
  });
  return [...table(heads, rows, 2), ''];
}

function claimText({ claim, judgement, evidence }: JudgedClaim, report: StudyReport): readonly string[] {
  const part = report.parts.find(({ summary }) => summary.part.name === claim.part)?.summary.part;
  const where =
    part === undefined
      ? `part ${claim.part}, which the results do not have`
      : `part ${part.name}, ${part.seeds.length} seeds`;
  return [
    `### ${escapeMarkdown(claim.says)}`,
    '',
    `**${label(judgement)}** Rule (${where}): ${escapeMarkdown(ruleWords[claim.rule.kind])}.`,
    '',
    ...(evidence.length === 0
      ? []
      : [
          ...table(
            ['Method', 'Where', 'Judged', 'Evidence'],
            evidence.map((one) => [one.method, one.where, one.judgement, one.words]),
            4,
          ),
          '',
        ]),
  ];
}

function timeTable({ parts }: StudyReport): readonly string[] {
  const rows = parts.map(({ summary: { part, settings } }) => {
    const finished = settings.flatMap(({ rows: own }) => own).reduce((sum, row) => sum + row.seedsFinished.length, 0);
    const failed = settings.flatMap(({ rows: own }) => own).reduce((sum, row) => sum + row.seedsFailed.length, 0);
    const missing = settings.flatMap(({ rows: own }) => own).reduce((sum, row) => sum + row.seedsMissing.length, 0);
    return [
      part.name,
      part.exploratory ? 'exploratory' : 'headline',
      String(finished),
      String(failed),
      String(missing),
      part.seconds === undefined ? '' : formatSeconds(part.seconds),
    ];
  });
  return [...table(['Part', 'Kind', 'Finished', 'Failed', 'Not run', 'Took'], rows, 2), ''];
}

function missingText({ results: { notRun } }: StudyReport): readonly string[] {
  const reasons = new Map<string, Set<string>>();
  for (const { part, method, because } of notRun) {
    const key = `${part}: ${because}`;
    reasons.set(key, (reasons.get(key) ?? new Set()).add(method));
  }
  if (reasons.size === 0) return ['Everything that the study asks for was run.', ''];
  return [
    ...[...reasons].map(
      ([reason, methods]) => `- Not run in ${escapeMarkdown(reason)} (${escapeMarkdown([...methods].join(', '))}).`,
    ),
    '',
  ];
}

/** A Markdown table whose columns from `numbers` on are right-aligned, but for one of sentences. */
function table(heads: readonly string[], rows: readonly (readonly string[])[], numbers: number): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [
    line(heads),
    `| ${heads.map((_, index) => (index < numbers ? '---' : '---:')).join(' | ')} |`,
    ...rows.map(line),
  ];
}
