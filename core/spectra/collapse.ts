import { formatNumber, formatValue } from '../report/formatValue.ts';
import { meanOf, sumOf } from './moduleSummary.ts';
import type { SpectraRecord } from './spectraRecord.ts';

/** What the spectra say about collapse. */
export type CollapseState = 'no-update' | 'off-principal' | 'principal' | 'drifting' | 'collapsing';

/** A number that the verdict compares with, and where it comes from. */
export interface Threshold {
  readonly name: string;
  readonly value: number;
  readonly source: string;
}

/** Whether the update goes to W's principal directions, in words, with what speaks for it and what it cannot say. */
export interface CollapseVerdict {
  readonly state: CollapseState;
  readonly headline: string;
  readonly evidence: readonly string[];
  readonly limits: readonly string[];
  readonly thresholds: readonly Threshold[];
}

/** How many times its share by chance an update has along the top k where it counts as concentrated there. */
const CONCENTRATION = 3;
/** Rise of the share along the top k from the first to the last checkpoint that counts as drift. */
const DRIFT = 0.05;
/** How far the share in the principal half may be from chance, in times chance, where it counts as spread evenly. */
const EVEN = 0.05;
/** The cosine of the analyzer of intruders. */
const INTRUDER = 0.5;

const thresholds: readonly Threshold[] = [
  {
    name: 'share along the top k, in times chance',
    value: CONCENTRATION,
    source: 'chosen here; chance is k over the size of the space',
  },
  { name: 'rise of that share over the checkpoints', value: DRIFT, source: 'chosen here; no paper sets one' },
  {
    name: 'distance of the principal half’s share from chance, in times chance, that counts as even',
    value: EVEN,
    source: 'chosen here; that updates of RLVR lie below chance by themselves: arXiv 2511.08567',
  },
  { name: 'cosine below which a direction is an intruder', value: INTRUDER, source: 'arXiv 2410.21228' },
];

interface Place {
  readonly step: number | undefined;
  readonly top: number;
  readonly chance: number;
  readonly half: number;
  readonly halfChance: number;
}

/** Judges the spectra of one or several checkpoints, oldest first. */
export function judgeCollapse(records: readonly SpectraRecord[]): CollapseVerdict {
  const places = records.flatMap((record) => placeOf(record) ?? []);
  const [first, last] = [places[0], places.at(-1)];
  const latest = records.at(-1);
  if (first === undefined || last === undefined || latest === undefined) {
    return {
      state: 'no-update',
      headline:
        latest === undefined || latest.layers.length === 0
          ? 'There is no update to judge: no layer that can be measured changed.'
          : 'There is no update to judge: dW is 0 in every layer that was measured.',
      evidence: [],
      limits: limitsOf(records),
      thresholds,
    };
  }
  const isConcentrated = last.top >= CONCENTRATION * last.chance;
  const isDrifting = places.length > 1 && last.top - first.top >= DRIFT && risesMostly(places);
  const headline = headlineOf(isConcentrated, isDrifting, last.half / last.halfChance);
  return {
    state: stateOf(isConcentrated, isDrifting),
    headline: places.length > 1 ? headline : `${headline} One checkpoint cannot show a drift.`,
    evidence: evidenceOf(latest, first, last, places.length),
    limits: limitsOf(records),
    thresholds,
  };
}

function stateOf(isConcentrated: boolean, isDrifting: boolean): CollapseState {
  if (isConcentrated) return isDrifting ? 'collapsing' : 'principal';
  return isDrifting ? 'drifting' : 'off-principal';
}

function headlineOf(isConcentrated: boolean, isDrifting: boolean, half: number): string {
  if (isConcentrated && isDrifting)
    return 'Signs of collapse: the update lies on W’s principal directions, and more of it at every checkpoint.';
  if (isConcentrated) return 'The update lies on W’s principal directions, as updates of RLVR do not by themselves.';
  if (isDrifting) return 'The update is drifting towards W’s principal directions, but does not lie on them yet.';
  if (half < 1 - EVEN) return 'No sign of collapse: the update lies off W’s principal directions.';
  if (half <= 1 + EVEN)
    return 'No sign of collapse: the update is spread over W’s directions evenly, as a random one would be.';
  return 'No sign of collapse: the update favours the stronger half of W’s directions, but is not concentrated on its top.';
}

function placeOf({ layers, subject }: SpectraRecord): Place | undefined {
  const both = (name: string): number | undefined => {
    const [left, right] = [meanOf(layers, `energy/${name}_left`), meanOf(layers, `energy/${name}_right`)];
    return left === undefined || right === undefined ? undefined : (left + right) / 2;
  };
  const [top, chance] = [both('top'), both('top_chance')];
  const [half, halfChance] = [both('principal_half'), both('principal_half_chance')];
  if (top === undefined || chance === undefined || half === undefined || halfChance === undefined) return undefined;
  return { step: subject.step, top, chance, half, halfChance };
}

/** Whether the share along the top k rises at two of three checkpoints at least. */
function risesMostly(places: readonly Place[]): boolean {
  const rises = places.slice(1).filter((place, index) => place.top > (places[index]?.top ?? 0)).length;
  return rises >= (2 / 3) * (places.length - 1);
}

function evidenceOf(latest: SpectraRecord, first: Place, last: Place, count: number): readonly string[] {
  const { layers, depth } = latest;
  const share = (value: number): string => formatValue(value, 'fraction');
  const from = count > 1 ? `, from ${share(first.top)}${atStep(first)}` : '';
  const intruders = sumOf(layers, 'intruders/left');
  const within = layers.filter(({ numbers }) => (numbers['intruders/left'] ?? 0) > 0).length;
  const known = (name: string, say: (value: number) => string): string[] => {
    const value = meanOf(layers, name);
    return value === undefined ? [] : [say(value)];
  };
  return [
    `${share(last.top)} of ||dW||² lies along W’s top ${depth.top} directions${from}; by chance it would be ${share(last.chance)} ` +
      '(right and left sides, averaged).',
    `${share(last.half)} lies in the principal half of W’s spectrum; by chance it would be ${share(last.halfChance)} (averaged likewise).`,
    ...known('update_size/relative', (value) => `||dW|| is ${share(value)} of ||W||.`),
    ...known('spectrum/shift_top', (value) => `The top ${depth.top} singular values moved by ${share(value)}.`),
    ...known(
      'rotation/largest_left',
      (value) => `Their left space turned by up to ${formatNumber(value)} rad, on average over layers.`,
    ),
    `${intruders === 0 ? 'No' : intruders} intruder dimension${intruders === 1 ? '' : 's'} among the top ${depth.top} left directions` +
      `${intruders === 0 ? '' : ` (in ${within} of ${layers.length} layers)`}.`,
    ...known('effective_rank/effective', (value) => `dW has an effective rank of ${formatNumber(value)}.`),
  ];
}

function atStep({ step }: Place): string {
  return step === undefined ? '' : ` at step ${step}`;
}

function limitsOf(records: readonly SpectraRecord[]): readonly string[] {
  const latest = records.at(-1);
  if (latest === undefined) return [];
  const { layers, unmeasured, depth } = latest;
  const checkpoints = records.length === 1 ? 'One checkpoint was' : `${records.length} checkpoints were`;
  const more =
    unmeasured.length === 0
      ? ''
      : ` ${unmeasured.length} were not, among them ${unmeasured[0]?.name} (${unmeasured[0]?.reason}).`;
  return [
    `${checkpoints} measured; ${layers.length} layers.${more}`,
    layers.every(({ numbers }) => numbers['spectrum/shift'] !== undefined)
      ? `All singular values of W + dW were computed; directions are followed for the top ${depth.top}.`
      : `Of W + dW only the top ${depth.top} directions were computed (--full gives all singular values).`,
    'Vectors of W are kept in float32: angles below about 1e-6 rad are not resolved.',
    'Numbers are means over layers; a single layer may differ. Spectra say nothing about accuracy: compare with `rlvr eval`.',
  ];
}
