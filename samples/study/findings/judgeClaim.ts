import { collapseFindings } from '../../../core/study/report/collapse.ts';
import { compareMethods, type Comparison } from '../../../core/study/report/compareMethods.ts';
import { comparisonSentence } from '../../../core/study/report/comparisonSentence.ts';
import type { Estimate } from '../../../core/study/report/estimate.ts';
import { percent, points, pointsBetween } from '../../../core/study/report/points.ts';
import type { PartReport, StudyReport } from '../../../core/study/report/studyReport.ts';
import { indexTrials } from '../../../core/study/report/trialIndex.ts';
import { margin, type Claim } from './claims.ts';

/** What the study says of a claim. `leans`: from an exploratory part, or one that was not run to the end, which decides nothing. */
export type Judgement =
  'holds' | 'does not hold' | 'cannot be said' | 'leans towards it' | 'leans against it' | 'not run';

/** One method at one setting, judged. */
export interface Evidence {
  readonly method: string;
  readonly where: string;
  readonly judgement: Judgement;
  readonly words: string;
}

/** A claim with all that speaks for or against it. */
export interface JudgedClaim {
  readonly claim: Claim;
  readonly judgement: Judgement | 'differs';
  readonly evidence: readonly Evidence[];
}

/** Judges a claim by its rule, for every method and setting that it is about. */
export function judgeClaim(report: StudyReport, claim: Claim): JudgedClaim {
  const part = report.parts.find(({ summary }) => summary.part.name === claim.part);
  const evidence = part === undefined ? [] : evidenceOf(report, part, claim);
  // What was not run to the end was not run as designed: its comparisons may not even be testable.
  const isPreliminary =
    part?.summary.part.exploratory === true ||
    (part?.settings.some(({ summary }) => summary.rows.some(({ seedsMissing }) => seedsMissing.length > 0)) ?? false);
  const judged = evidence.map((one) => (isPreliminary ? leaning(one) : one));
  return { claim, judgement: overall(judged), evidence: judged };
}

function evidenceOf(report: StudyReport, part: PartReport, { rule }: Claim): readonly Evidence[] {
  switch (rule.kind) {
    case 'above':
    case 'below':
    case 'alike':
      return part.settings.flatMap(({ summary }) =>
        rule.methods
          .filter((method) => part.summary.part.methods.includes(method))
          .map((method) => {
            const found = comparisonOf(report, part, summary, method, rule.against);
            return {
              method,
              where: summary.label,
              judgement: judgeDifference(rule.kind, found),
              words: comparisonSentence(found),
            };
          }),
      );
    case 'collapses':
    case 'principal':
      return part.settings.flatMap(({ summary }) => {
        const findings = collapseFindings(summary.rows, rule.against);
        return rule.methods.map((method): Evidence => {
          const found = findings.find((one) => one.method === method);
          if (found === undefined) return notRun(method, summary.label);
          const { collapsedSeeds, seeds, concentration } = found;
          const judgement =
            rule.kind === 'collapses'
              ? judgeCollapse(collapsedSeeds, seeds)
              : concentration === undefined
                ? 'cannot be said'
                : concentration >= 3
                  ? 'holds'
                  : 'does not hold';
          const share =
            concentration === undefined ? 'no spectra' : `${concentration.toFixed(1)} times chance along the top k`;
          return { method, where: summary.label, judgement, words: `${found.words} (${share}).` };
        });
      });
    case 'flat':
    case 'matters':
      return part.varied
        .filter(({ path }) => path === rule.axis)
        .flatMap(({ changes }) =>
          changes
            .filter(({ method }) => rule.methods.includes(method))
            .map(({ method, label, change }) => ({
              method,
              where: label,
              judgement: judgeChange(rule.kind, change),
              words: `${points(change.mean)} points ${change.interval ? pointsBetween(change.interval) : ''} from the first value.`,
            })),
        );
  }
}

type SettingSummary = PartReport['settings'][number]['summary'];

/** The comparison of the part's own family; one with another method than a baseline stands alone. */
function comparisonOf(
  { results }: StudyReport,
  { summary: { part } }: PartReport,
  { setting, comparisons }: SettingSummary,
  method: string,
  against: string,
): Comparison {
  const own = comparisons.find((one) => one.method === method && one.baseline === against);
  if (own !== undefined) return own;
  const index = indexTrials(results);
  const side = (name: string): Parameters<typeof compareMethods>[0][number][0] => ({
    method: name,
    setting,
    trials: index.at(part.name, name, setting),
  });
  const [alone] = compareMethods([[side(against), side(method)]]);
  if (alone === undefined) throw new Error('A comparison of one pair gives one comparison.');
  return alone;
}

function judgeDifference(kind: 'above' | 'below' | 'alike', { verdict, difference }: Comparison): Judgement {
  if (difference === undefined) return 'not run';
  const { mean, interval } = difference;
  if (interval === undefined) return 'cannot be said';
  const isApart = interval.low > 0 || interval.high < 0;
  const decided = verdict === 'different' || (verdict === 'not-testable' && isApart);
  if (kind === 'alike') {
    if (interval.low > -margin && interval.high < margin) return 'holds';
    return decided ? 'does not hold' : 'cannot be said';
  }
  const sign = kind === 'above' ? 1 : -1;
  if (decided && sign * mean > 0) return 'holds';
  const furthest = kind === 'above' ? interval.high : -interval.low;
  return furthest < margin ? 'does not hold' : 'cannot be said';
}

function judgeCollapse(collapsed: number, seeds: number): Judgement {
  if (2 * collapsed >= seeds) return 'holds';
  return collapsed === 0 && seeds >= 5 ? 'does not hold' : 'cannot be said';
}

function judgeChange(kind: 'flat' | 'matters', { interval }: Estimate): Judgement {
  if (interval === undefined) return 'cannot be said';
  const isWithin = interval.low > -margin && interval.high < margin;
  const isBeyond = interval.low > margin || interval.high < -margin;
  if (isBeyond) return kind === 'flat' ? 'does not hold' : 'holds';
  return isWithin ? (kind === 'flat' ? 'holds' : 'does not hold') : 'cannot be said';
}

/** Few seeds and no correction: an exploratory part leans, it does not decide. */
function leaning(evidence: Evidence): Evidence {
  if (evidence.judgement === 'holds') return { ...evidence, judgement: 'leans towards it' };
  if (evidence.judgement === 'does not hold') return { ...evidence, judgement: 'leans against it' };
  return evidence;
}

function overall(evidence: readonly Evidence[]): JudgedClaim['judgement'] {
  const run = evidence.filter(({ judgement }) => judgement !== 'not run');
  const kinds = new Set(run.map(({ judgement }) => judgement));
  if (kinds.size === 0) return 'not run';
  const [only] = kinds;
  return kinds.size === 1 && only !== undefined ? only : 'differs';
}

function notRun(method: string, where: string): Evidence {
  return { method, where, judgement: 'not run', words: 'No trial has finished.' };
}

/** An estimate of accuracy with its interval, or what stands for none. */
export function accuracyText(accuracy: Estimate | undefined): string {
  if (accuracy === undefined) return 'not run';
  const { mean, interval } = accuracy;
  return interval === undefined
    ? percent(mean)
    : `${percent(mean)} (${percent(interval.low)} to ${percent(interval.high)})`;
}
