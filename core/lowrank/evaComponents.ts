import type { NormalSource } from '../linalg/randomizedSvd.ts';
import type { Matrix } from '../linalg/matrix.ts';
import { RlvrError } from '../errors.ts';
import { addBatch, centredBatch, type CentredBatch, type PrincipalComponents } from './incrementalPca.ts';
import type { z } from 'zod';
import type { evaSchema } from './initialisation.ts';

type Options = z.output<typeof evaSchema>;

/** Times that the batches are gone through at most; with tau = 1 components may never count as found. */
const MOST_PASSES = 64;

/** A layer that EVA gives a rank and a start. */
export interface EvaLayer {
  readonly name: string;
  /** The rank that it puts into the budget. */
  readonly rank: number;
  /** The largest rank that its shape has room for. */
  readonly room: number;
  /** Its inputs, [rows, in] for each batch. */
  readonly batches: readonly Matrix[];
}

/** The first principal components of a layer's inputs as rows; the number of rows is its rank, which may be 0. */
export interface EvaComponents {
  readonly rank: number;
  /** [rank, in], row-major. */
  readonly values: Float32Array;
}

/** Layers with the same inputs, which share one set of components: the first of them stands for all. */
interface Group {
  readonly members: readonly EvaLayer[];
  /** Components that are looked for. */
  readonly count: number;
  /** Of at least as many rows each; `undefined` stands for one that is too short to say anything. */
  readonly batches: readonly (CentredBatch | undefined)[];
}

/** What is known of a group's components. */
interface Progress {
  readonly found?: PrincipalComponents;
  /** Which components hardly turned in the last batch. */
  readonly settled: readonly boolean[];
}

function sameMatrix({ rows, columns, data }: Matrix, other: Matrix | undefined): boolean {
  return other?.rows === rows && other.columns === columns && data.every((value, at) => value === other.data[at]);
}

function sameInputs({ batches }: EvaLayer, { batches: others }: EvaLayer): boolean {
  return batches.length === others.length && batches.every((batch, i) => sameMatrix(batch, others[i]));
}

/** Half to even, as Python rounds. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

function limitOf(layer: EvaLayer, { rho }: Options): number {
  return Math.min(roundHalfEven(layer.rank * rho), layer.room);
}

function groupsOf(layers: readonly EvaLayer[], options: Options): readonly Group[] {
  const members: EvaLayer[][] = [];
  for (const layer of layers) {
    const group = members.find(([first]) => first !== undefined && sameInputs(first, layer));
    if (group === undefined) members.push([layer]);
    else group.push(layer);
  }
  return members.map((group) => {
    const count = Math.max(...group.map((layer) => limitOf(layer, options)));
    const batches = group[0]?.batches.map((batch) => (batch.rows < count ? undefined : centredBatch(batch))) ?? [];
    return { members: group, count, batches };
  });
}

/** Whether each component has a cosine of at least `tau` to the one in its place before. Rows are orthonormal. */
function settledAfter(before: PrincipalComponents | undefined, after: PrincipalComponents, tau: number): boolean[] {
  const { rows, columns, data } = after.components;
  return Array.from({ length: rows }, (_, row) => {
    if (before === undefined) return false;
    const own = data.subarray(row * columns, (row + 1) * columns);
    const cosine = own.reduce((sum, value, i) => sum + value * (before.components.data[row * columns + i] ?? 0), 0);
    return cosine >= tau;
  });
}

/**
 * Ranks by name: as many of the largest shares of variance over all layers as the budget has. The layer that stands for a group gets the
 * group's largest rank, as in PEFT, where it has the room.
 */
function shareOut(
  groups: readonly Group[],
  progress: ReadonlyMap<Group, Progress>,
  options: Options,
): ReadonlyMap<string, number> {
  // Layers that stand for a group come first, which decides between equal shares.
  const firsts = groups.flatMap((group) => group.members.slice(0, 1).map((layer) => ({ group, layer })));
  const others = groups.flatMap((group) => group.members.slice(1).map((layer) => ({ group, layer })));
  const ordered = [...firsts, ...others];
  const shares = ordered.flatMap(({ group, layer }) => {
    const found = progress.get(group)?.found?.varianceShares ?? new Float64Array();
    return Array.from(found.slice(0, limitOf(layer, options)), (share) => ({ name: layer.name, share }));
  });
  const budget = ordered.reduce((sum, { layer }) => sum + layer.rank, 0);
  const ranks = new Map(ordered.map(({ layer }) => [layer.name, 0]));
  for (const { name } of shares.toSorted((a, b) => b.share - a.share).slice(0, budget)) {
    ranks.set(name, (ranks.get(name) ?? 0) + 1);
  }
  for (const { members } of groups) {
    const [first, ...rest] = members;
    if (first === undefined) continue;
    for (const layer of rest) {
      const [own, other] = [ranks.get(first.name) ?? 0, ranks.get(layer.name) ?? 0];
      if (other <= own || other > limitOf(first, options)) continue;
      ranks.set(first.name, other);
      ranks.set(layer.name, own);
    }
  }
  return ranks;
}

/** A group's components after one more batch; a batch of too few rows says nothing. */
function afterBatch(group: Group, before: Progress, index: number, tau: number, random: NormalSource): Progress {
  const batch = group.batches[index % group.batches.length];
  if (batch === undefined) return before;
  const found = addBatch(before.found, batch, group.count, random);
  return { found, settled: settledAfter(before.found, found, tau) };
}

function refuseShortBatches(groups: readonly Group[]): void {
  const short = groups.find(({ batches }) => batches.every((batch) => batch === undefined));
  const layer = short?.members[0];
  if (short === undefined || layer === undefined) return;
  const rows = Math.max(0, ...layer.batches.map((batch) => batch.rows));
  throw new RlvrError(
    'adapter/invalid',
    `EVA looks for ${short.count} components of the inputs of ${layer.name}, which needs a batch of at least as many rows; ` +
      `the largest has ${rows}. Lower r or rho, or calibrate on larger batches.`,
    { layer: layer.name, components: short.count, rows },
  );
}

/** Goes through the batches until the components that the ranks ask for have settled. */
function settle(
  groups: readonly Group[],
  options: Options,
  random: NormalSource,
): { readonly progress: ReadonlyMap<Group, Progress>; readonly ranks: ReadonlyMap<string, number> } {
  const progress = new Map<Group, Progress>(
    groups.map((group) => [group, { settled: Array(group.count).fill(false) }]),
  );
  let ranks: ReadonlyMap<string, number> = new Map(
    groups.flatMap(({ members, count }) => members.map(({ name }) => [name, count])),
  );
  const isSettled = (group: Group): boolean => {
    const wanted = ranks.get(group.members[0]?.name ?? '') ?? 0;
    return progress.get(group)?.settled.slice(0, wanted).every(Boolean) ?? true;
  };
  const batches = Math.max(...groups.map((group) => group.batches.length));
  for (let index = 0; index < MOST_PASSES * batches; index++) {
    const moving = groups.filter((group) => !isSettled(group));
    if (moving.length === 0) break;
    for (const group of moving) {
      progress.set(group, afterBatch(group, progress.get(group) as Progress, index, options.tau, random));
    }
    if ([...progress.values()].every(({ found }) => found !== undefined)) ranks = shareOut(groups, progress, options);
  }
  return { progress, ranks };
}

/** The first `rank` components, with `whiten` divided by the square roots of their singular values. */
function startOf({ components, singularValues }: PrincipalComponents, rank: number, whiten: boolean): EvaComponents {
  const { columns } = components;
  const values = Float32Array.from(components.data.subarray(0, rank * columns), (value, i) => {
    const size = singularValues[Math.floor(i / columns)] ?? 0;
    return whiten && size > 0 ? value / Math.sqrt(size) : value;
  });
  return { rank, values };
}

/**
 * EVA (arXiv 2410.07170): the principal components of each layer's inputs by incremental PCA over the batches, until those that are used
 * turn by less than `tau` says, and the ranks: the budget of all layers goes to the components that explain the largest shares of their
 * layer's variance, at most `rho` times a layer's rank. The rules are PEFT's, but that no rank is larger than a layer has room for.
 *
 * @throws RlvrError `adapter/invalid` where no batch has as many rows as components are looked for
 */
export function evaComponents(
  layers: readonly EvaLayer[],
  options: Options,
  random: NormalSource,
): ReadonlyMap<string, EvaComponents> {
  const groups = groupsOf(layers, options);
  refuseShortBatches(groups);
  const { progress, ranks } = settle(groups, options, random);
  return new Map(
    groups.flatMap((group) => {
      const { found } = progress.get(group) as Progress;
      if (found === undefined) return [];
      return group.members.map(({ name }) => [name, startOf(found, ranks.get(name) ?? 0, options.whiten)] as const);
    }),
  );
}
