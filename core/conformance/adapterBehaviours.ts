import type { AdapterSubject } from './adapterSubject.ts';
import { computesFiniteValues, hasRightGradients, keepsLayersApart, mergesToForward } from './adapter/computation.ts';
import { acceptsConfiguration, refusesBadConfigurations } from './adapter/configuration.ts';
import { hasExactLoraForm, survivesPeft } from './adapter/exchange.ts';
import { leavesBase, namesParameters, startsAsDeclared, startsFromSeed, tellsShapes } from './adapter/start.ts';
import { resumesExactly, trainsWhatItDeclares } from './adapter/training.ts';
import { takesBiasOrNone, takesEveryRank, takesEveryShape, takesZeroWeights } from './adapter/variety.ts';
import type { Behaviour } from './behaviour.ts';
import { nonconformity } from './behaviour.ts';
import { describesItself } from './description.ts';

const describesMethod: Behaviour<AdapterSubject> = {
  ...describesItself,
  judge: async ({ plugin, original, options }) => {
    await describesItself.judge({ plugin, description: original, options });
    if (!/\S/.test(original.formula)) throw nonconformity({ plugin }, 'it has no formula');
  },
};

/** What every adapter does, with each of its configurations. What comes first is what the others build on. */
export const adapterBehaviours: readonly Behaviour<AdapterSubject>[] = [
  describesMethod,
  acceptsConfiguration,
  leavesBase,
  namesParameters,
  computesFiniteValues,
  refusesBadConfigurations,
  tellsShapes,
  startsFromSeed,
  startsAsDeclared,
  mergesToForward,
  hasRightGradients,
  keepsLayersApart,
  trainsWhatItDeclares,
  resumesExactly,
  survivesPeft,
  hasExactLoraForm,
  takesEveryShape,
  takesEveryRank,
  takesZeroWeights,
  takesBiasOrNone,
];
