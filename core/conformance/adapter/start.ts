import { createPolicy, trainableParameters } from '../../training/policy.ts';
import { layerShapes } from '../../training/layerShapes.ts';
import { startOf } from '../adapterBench.ts';
import type { AdapterSubject } from '../adapterSubject.ts';
import { suiteSeed } from '../adapterSubject.ts';
import type { Behaviour } from '../behaviour.ts';
import { nonconformity } from '../behaviour.ts';
import { differenceInWords, largestDifference } from '../difference.ts';
import { copyOfWeights } from '../tinyBase.ts';

const identityBound = 1e-5;

/** Names, roles, shapes and values of parameters. */
export const namesParameters: Behaviour<AdapterSubject> = {
  name: 'names its parameters once each, by their layer',
  isBasic: true,
  judge: (subject) => {
    const policy = subject.policy();
    const { plugin } = subject;
    const shared = new Set(policy.plan.shared.map(({ name }) => name));
    const seen = new Set<string>();
    for (const { name, layer, scaling, trainable, movedByHook } of policy.parameters) {
      const method = shared.has(name) ? 'plan' : 'attach';
      const wrong = (problem: string): never => {
        throw nonconformity({ plugin, method, layer: layer?.name }, `"${name}" ${problem}`);
      };
      if (seen.has(name)) wrong('is the name of two parameters');
      seen.add(name);
      if (!(scaling > 0 && scaling < Infinity)) wrong(`has a scaling of ${scaling}, expected a number above 0`);
      if (trainable && movedByHook === true) wrong('is trained and moved by a hook at once');
      if (shared.has(name) && layer !== undefined) wrong('is shared, but belongs to a layer');
      if (!shared.has(name) && !(layer !== undefined && name.startsWith(`${layer.name}.`)))
        wrong(`does not begin with the name of its layer (${layer?.name ?? 'it has none'})`);
    }
    if (trainableParameters(policy).length === 0)
      throw nonconformity({ plugin, method: 'attach' }, 'nothing is trained');
  },
};

/** What `shapes` says where it is given. */
export const tellsShapes: Behaviour<AdapterSubject> = {
  name: 'tells the shapes that attach gives',
  judge: (subject) => {
    const policy = subject.policy();
    for (const layer of policy.targets.values()) {
      const told = layerShapes(subject.adapter, layer, policy.plan.layers.get(layer.name));
      const words = (specs: readonly { name: string; shape: readonly number[]; trainable: boolean }[]): string =>
        JSON.stringify(specs.map(({ name, shape, trainable }) => [name, shape, trainable]));
      const given = words(policy.parameters.filter((parameter) => parameter.layer?.name === layer.name));
      if (words(told) === given) continue;
      throw nonconformity(
        { plugin: subject.plugin, method: 'shapes', layer: layer.name },
        `it tells ${words(told)}, attach gives ${given}`,
      );
    }
  },
};

/** Everything comes from the seed. */
export const startsFromSeed: Behaviour<AdapterSubject> = {
  name: 'starts the same way from the same seed',
  judge: (subject) => {
    const [first, again] = [subject.policy(), createPolicy(subject.base, subject.adapter, subject.config(), suiteSeed)];
    const place = { plugin: subject.plugin, method: 'attach' };
    const names = (policy: typeof first): string => policy.parameters.map(({ name }) => name).join(', ');
    if (names(first) !== names(again)) throw nonconformity(place, `the second time it names ${names(again)}`);
    for (const [i, { name, values, layer }] of first.parameters.entries()) {
      const problem = differenceInWords(again.parameters[i]?.values ?? [], values, 0);
      if (problem !== undefined)
        throw nonconformity({ ...place, layer: layer?.name }, `"${name}" differs the second time: ${problem}`);
    }
    for (const [layer, weight] of first.replaced) {
      const problem = differenceInWords(again.replaced.get(layer) ?? [], weight, 0);
      if (problem !== undefined)
        throw nonconformity({ ...place, layer }, `replacedWeight differs the second time: ${problem}`);
    }
  },
};

/** The base belongs to everybody. */
export const leavesBase: Behaviour<AdapterSubject> = {
  name: 'writes to no weight of the base',
  isBasic: true,
  judge: (subject) => {
    const before = copyOfWeights(subject.base);
    createPolicy(subject.base, subject.adapter, subject.config(), suiteSeed);
    for (const [name, values] of copyOfWeights(subject.base)) {
      const { error, index, actual, expected } = largestDifference(values, before.get(name) ?? []);
      if (error === 0) continue;
      const layer = name.replace(/\.(weight|bias)$/, '');
      const problem = `it wrote to ${name}: value ${index} was ${expected} and is ${actual}`;
      throw nonconformity({ plugin: subject.plugin, method: 'attach', layer }, problem);
    }
  },
};

/** Identity at the start, or declared otherwise. */
export const startsAsDeclared: Behaviour<AdapterSubject> = {
  name: 'starts at the base if it says so, and only then',
  judge: async (subject) => {
    const policy = subject.policy();
    const declared = subject.adapter.isIdentityAtStart(subject.config());
    const merged = await subject.merged(policy, startOf(policy));
    let furthest = { error: 0, name: '' };
    for (const [name, { data }] of subject.base.weights) {
      const { error } = largestDifference(merged.get(name) ?? [], data);
      if (error > furthest.error) furthest = { error, name };
    }
    const isIdentity = furthest.error < identityBound;
    if (isIdentity === declared) return;
    const layer = furthest.name.replace(/\.(weight|bias)$/, '');
    const problem = declared
      ? `it says that it starts at the base, but ${furthest.name} is off by ${furthest.error.toPrecision(3)}, at most ${identityBound}`
      : `it says that it does not start at the base, but its weights are the base's to ${furthest.error.toPrecision(3)}`;
    const place = declared
      ? { plugin: subject.plugin, method: 'merged', layer }
      : { plugin: subject.plugin, method: 'isIdentityAtStart' };
    throw nonconformity(place, problem);
  },
};
