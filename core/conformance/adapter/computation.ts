import { randomStream } from '../../tensor/random.ts';
import type { AdapterSubject } from '../adapterSubject.ts';
import type { Values } from '../adapterBench.ts';
import { startOf } from '../adapterBench.ts';
import type { Behaviour } from '../behaviour.ts';
import { demandNone, nonconformity } from '../behaviour.ts';
import { differenceInWords, notFiniteInWords } from '../difference.ts';

const mergeTolerance = 1e-5;
const gradientTolerance = 5e-3;
const step = 1e-2;
/** Values of each parameter whose gradient is compared. */
const placesTried = 3;

/** Finite outputs and gradients at the start and with the values that training gives. */
export const computesFiniteValues: Behaviour<AdapterSubject> = {
  name: 'computes finite outputs and gradients',
  isBasic: true,
  judge: async (subject) => {
    const bench = await subject.bench();
    for (const values of [startOf(subject.policy()), subject.values()]) {
      const { outputs, gradients } = await bench.run(values);
      for (const [layer, { forward, merged }] of outputs) {
        const place = { plugin: subject.plugin, layer };
        demandNone({ ...place, method: 'forward' }, 'its output is not finite', notFiniteInWords(forward));
        demandNone({ ...place, method: 'merged' }, 'its output is not finite', notFiniteInWords(merged));
      }
      for (const [name, gradient] of gradients) {
        demandNone(placeOf(subject, name), `the gradient of "${name}" is not finite`, notFiniteInWords(gradient));
      }
    }
  },
};

/** Merging and the forward pass are one function. */
export const mergesToForward: Behaviour<AdapterSubject> = {
  name: 'merges to what its forward computes',
  judge: async (subject) => {
    const { outputs } = await (await subject.bench()).run(subject.values());
    for (const [layer, { forward, merged }] of outputs) {
      const problem = differenceInWords(forward, merged, mergeTolerance);
      if (problem !== undefined)
        throw nonconformity(
          { plugin: subject.plugin, method: 'forward', layer },
          `it is not x W' + b with the merged W' and b: ${problem}`,
        );
    }
  },
};

/** Gradients of the trained tensors and of the input, by finite differences. */
export const hasRightGradients: Behaviour<AdapterSubject> = {
  name: 'gives every trained tensor a gradient, and the right one',
  judge: async (subject) => {
    const bench = await subject.bench();
    const values = subject.values();
    const { gradients } = await bench.run(values);
    for (const [name, gradient] of gradients) {
      if (gradient.every((value) => value === 0))
        throw nonconformity(placeOf(subject, name), `no gradient reaches "${name}"`);
      const start = values.get(name);
      if (start === undefined || subject.original.partialGradient !== undefined) continue;
      for (const place of randomStream(11, name).permutation(start.length).slice(0, placesTried)) {
        const shifted = (by: number): Values =>
          new Map([...values, [name, start.map((value, i) => (i === place ? value + by : value))]]);
        const [up, down] = [await bench.run(shifted(step)), await bench.run(shifted(-step))];
        const difference = (up.loss - down.loss) / (2 * step);
        const problem = differenceInWords([gradient[place] ?? NaN], [difference], gradientTolerance);
        if (problem === undefined) continue;
        const numbers = `its gradient at ${place} is ${gradient[place]}, by finite differences it is ${difference}`;
        throw nonconformity(placeOf(subject, name), `"${name}": ${numbers}`);
      }
    }
  },
};

/** Layers see each other's parameters only where these are declared as shared. */
export const keepsLayersApart: Behaviour<AdapterSubject> = {
  name: 'lets no layer see what belongs to another, or to another model',
  judge: async (subject) => {
    const policy = subject.policy();
    const start = subject.values();
    const before = await subject.merged(policy, start);
    const [first] = policy.targets.values();
    if (first === undefined) return;
    const owned = policy.parameters.filter(({ layer, trainable }) => trainable && layer?.name === first.name);
    const moved = new Map([
      ...start,
      ...owned.map(({ name }) => [name, (start.get(name) ?? new Float32Array()).map((value) => value + 0.5)] as const),
    ]);
    const after = await subject.merged(policy, moved);
    for (const layer of policy.targets.values()) {
      if (layer.name === first.name) continue;
      const name = `${layer.name}.weight`;
      const problem = differenceInWords(after.get(name) ?? [], before.get(name) ?? [], 0);
      if (problem !== undefined)
        throw nonconformity(
          { plugin: subject.plugin, method: 'merged', layer: layer.name },
          `its weight changes with the parameters of ${first.name}, which are not declared as shared: ${problem}`,
        );
    }
  },
};

/** The layer that a parameter or an input belongs to, as a place. */
function placeOf(
  { plugin, policy, adapter }: AdapterSubject,
  name: string,
): { plugin: string; method: string; layer?: string } {
  const method = adapter.forward === undefined ? 'merged' : 'forward';
  const own = policy().parameters.find((parameter) => parameter.name === name)?.layer?.name;
  const layer = name.startsWith('x ') ? name.slice(2) : own;
  return { plugin, method, ...(layer === undefined ? {} : { layer }) };
}
