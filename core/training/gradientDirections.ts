import { RlvrError } from '../errors.ts';
import { matrix } from '../linalg/matrix.ts';
import { leadingTriplets } from '../lowrank/leadingTriplets.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { GradientStep } from '../optimizer/gradient/gradientSteps.ts';
import {
  projectedSides,
  type DirectionSource,
  type LeadingDirections,
} from '../optimizer/gradient/transformGradients.ts';
import { isSelected } from '../optimizer/parameterGroups.ts';
import { randomStream } from '../tensor/random.ts';
import { trainableParameters, type Policy } from './policy.ts';

/**
 * The leading singular directions of the base's weights that the steps ask for, computed now and the same on every resume.
 *
 * @throws RlvrError `config/invalid` where a projection has nothing to act on, or asks for more directions than a layer has
 */
export function gradientDirections(
  steps: readonly GradientStep[],
  { weights }: Pick<Checkpoint, 'weights'>,
  policy: Policy,
  seed: number,
): DirectionSource {
  const known = new Map<string, LeadingDirections>();
  const keyOf = (layer: string, rank: number): string => `${rank} ${layer}`;
  steps.forEach((step, place) => {
    if (step.type !== 'project') return;
    const where = `gradient.${place}`;
    const layers = trainableParameters(policy)
      .filter((spec) => isSelected(step, spec) && projectedSides(spec).length > 0)
      .flatMap(({ layer }) => (layer === undefined ? [] : [layer]));
    if (layers.length === 0) {
      const message = `${where}: a projection acts on A, B and whole weights of linear layers, and none of these is trained and selected.`;
      throw new RlvrError('config/invalid', message, { path: where });
    }
    for (const { name, shape } of layers) {
      const [rows = 0, columns = 0] = shape;
      const most = Math.min(rows, columns);
      if (step.rank >= most) {
        const message = `${where}.rank: ${step.rank} must be below the ${most} directions that ${name} [${rows}, ${columns}] has.`;
        throw new RlvrError('config/invalid', message, { path: `${where}.rank`, layer: name });
      }
      if (known.has(keyOf(name, step.rank))) continue;
      const weight = weights.get(`${name}.weight`)?.data ?? [];
      const random = randomStream(seed, 'gradient directions', name);
      const triplets = leadingTriplets(matrix(rows, columns, weight), step.rank, random);
      const leading = (vectors: typeof triplets.u): Float32Array =>
        Float32Array.from({ length: vectors.rows * step.rank }, (_, at) => {
          const row = Math.floor(at / step.rank);
          return vectors.data[row * vectors.columns + (at % step.rank)] ?? 0;
        });
      known.set(keyOf(name, step.rank), { count: step.rank, left: leading(triplets.u), right: leading(triplets.v) });
    }
  });
  return (layer, rank) => {
    const found = known.get(keyOf(layer, rank));
    if (found !== undefined) return found;
    throw new RlvrError('training/invariant', `The ${rank} leading directions of ${layer} were not computed.`);
  };
}
