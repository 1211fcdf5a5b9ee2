import type { StudyPart } from '../studyResults.ts';
import { simulatedCoverage } from '../statistics/simulatedCoverage.ts';
import { percent } from './points.ts';

/** Below this an interval that says 95 % is told to hold less. */
const LEAST = 0.93;

/** What simulation says of the intervals of a part with so many seeds: where they hold less than 93 %, that is said. */
export function coverageNote({ seeds, name }: StudyPart): string | undefined {
  if (seeds.length < 2) return `${name}: one seed; no interval over seeds can be given.`;
  const simulated = [...new Set(simulatedCoverage.map((row) => row.seeds))].sort((left, right) => left - right);
  const nearest = simulated.filter((count) => count <= seeds.length).at(-1) ?? simulated[0];
  const rows = simulatedCoverage.filter((row) => row.seeds === nearest);
  const steady = rows
    .filter(({ collapse }) => collapse === 0)
    .flatMap(({ accuracy, difference }) => [accuracy, difference]);
  const rare = rows.filter(({ collapse }) => collapse > 0);
  if (steady.length === 0) return undefined;
  const [least, most] = [Math.min(...steady), Math.max(...steady)];
  const range = `hold the truth in ${percent(least)} to ${percent(most)} % of simulated studies at ${nearest} seeds`;
  const warning = least < LEAST ? ' That is less than the 95 % they claim.' : '';
  const collapsing = rare
    .filter(({ difference, accuracy }) => Math.min(difference, accuracy) < LEAST)
    .map(
      ({ collapse, accuracy, difference }) =>
        `${percent(Math.min(accuracy, difference))} % where ${percent(collapse)} % of seeds collapse`,
    );
  const note =
    collapsing.length === 0
      ? ''
      : ` What happens at few seeds they cannot know: they hold only ${[...new Set(collapsing)].join(', ')}.`;
  return `${name}: intervals over seeds and problems ${range}.${warning}${note}`;
}
