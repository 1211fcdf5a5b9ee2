import { testLevel, type Comparison } from './compareMethods.ts';
import { percent, points, pointsBetween, pValue } from './points.ts';

/** A comparison in one sentence that says no more than was found. */
export function comparisonSentence(comparison: Comparison): string {
  const { baseline, difference, verdict, reason } = comparison;
  if (difference === undefined) return `Not compared with ${baseline}: ${reason ?? 'there is nothing to compare'}.`;
  const seeds = countOf(comparison.seeds.length, 'seed');
  const size =
    difference.interval === undefined
      ? `${points(difference.mean)} points`
      : `${points(difference.mean)} points ${pointsBetween(difference.interval)}`;
  if (verdict === 'different') {
    const word = difference.mean > 0 ? 'Above' : 'Below';
    const tested = `p ${pValue(comparison.adjustedP ?? 1)} after Holm over ${countOf(comparison.family, 'comparison')}`;
    return `${word} ${baseline} at ${seeds}: ${size}, ${tested}.`;
  }
  if (verdict === 'not-testable') return notTestable(comparison, seeds, size);
  const holds = difference.interval !== undefined && difference.interval.low <= 0 && difference.interval.high >= 0;
  const adjusted = comparison.adjustedP ?? 1;
  const note =
    adjusted <= testLevel && holds
      ? `; these seeds agree (p ${pValue(adjusted)} after Holm), but on other problems it could be none`
      : `, p ${pValue(adjusted)} after Holm`;
  return `Not distinguishable from ${baseline} at ${seeds}: ${size}${note}${smallestFound(comparison.detectable?.corrected)}.`;
}

function notTestable(comparison: Comparison, seeds: string, size: string): string {
  const { baseline, smallestP, planned, difference, detectable } = comparison;
  const over = planned > 1 ? ` (${pValue(testLevel / planned)} is needed for ${planned} comparisons)` : '';
  const why =
    comparison.seeds.length === 1
      ? 'one seed says nothing of others'
      : `the smallest possible p is ${pValue(smallestP)}${over}`;
  const leavesOut = difference?.interval !== undefined && (difference.interval.low > 0 || difference.interval.high < 0);
  const note = leavesOut ? '; the interval leaves 0 out, without correction for the other comparisons' : '';
  return `Not testable against ${baseline} at ${seeds}: ${why}; ${size}${note}${smallestFound(detectable?.alone)}.`;
}

function smallestFound(difference: number | undefined): string {
  if (difference === undefined || difference === 0) return '';
  return difference > 1
    ? '; smallest detectable more than 100 points'
    : `; smallest detectable ${percent(difference)} points`;
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
