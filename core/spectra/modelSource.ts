import type { TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { firstProblems } from '../firstProblems.ts';
import { targetLayers } from '../training/adapterTargets.ts';
import { hashValues, type BaseModel } from './baseModel.ts';
import type { WeightSource } from './layerWeights.ts';

const MOST_SHOWN = 6;

/**
 * The layers of a whole model beside the model that it was trained from.
 *
 * @throws RlvrError `model/invalid-weights` where the two are not of one shape, naming the first differences
 */
export function modelSource(base: BaseModel, tuned: BaseModel, name: string): WeightSource {
  const [layers, others] = [targetLayers(base.config), targetLayers(tuned.config)];
  checkSameLayers(layers, others, name);
  return {
    layers,
    read: (layer) => {
      const tensor = `${layer.name}.weight`;
      const [before, after] = [base.tensor(tensor), tuned.tensor(tensor)];
      if (before === undefined || after === undefined) {
        throw new RlvrError('model/invalid-weights', `A model has no weight "${tensor}".`, { tensor });
      }
      return Promise.resolve({
        layer,
        base: before,
        baseHash: hashValues(before),
        change: { kind: 'whole', merged: after },
        parameters: [],
      });
    },
    close: () => {
      base.close();
      tuned.close();
    },
  };
}

function checkSameLayers(base: readonly TargetLayer[], tuned: readonly TargetLayer[], name: string): void {
  const found = new Map(tuned.map((layer) => [layer.name, layer.shape]));
  const expected = new Set(base.map((layer) => layer.name));
  const problems = [
    ...base.flatMap((layer) => {
      const shape = found.get(layer.name);
      if (shape === undefined) return [`${layer.name} is missing`];
      if (shape.join() === layer.shape.join()) return [];
      return [`${layer.name} is [${shape.join(', ')}], in the base [${layer.shape.join(', ')}]`];
    }),
    ...tuned.filter((layer) => !expected.has(layer.name)).map((layer) => `${layer.name} is not in the base`),
  ];
  if (problems.length === 0) return;
  const message = `${name} was not trained from this base: ${firstProblems(problems, MOST_SHOWN)}.`;
  throw new RlvrError('model/invalid-weights', message, { path: name, problems });
}
