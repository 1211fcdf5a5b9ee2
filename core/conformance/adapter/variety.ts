import { z } from 'zod';
import type { Checkpoint } from '../../model/checkpoint.ts';
import { RlvrError } from '../../errors.ts';
import { createPolicy } from '../../training/policy.ts';
import type { Policy } from '../../training/policy.ts';
import { createAdapterBench, perturbed, startOf } from '../adapterBench.ts';
import type { AdapterSubject } from '../adapterSubject.ts';
import { suiteSeed } from '../adapterSubject.ts';
import type { Behaviour } from '../behaviour.ts';
import { demandNone, nonconformity } from '../behaviour.ts';
import { differenceInWords, notFiniteInWords } from '../difference.ts';
import { shapedModules, tinyBase } from '../tinyBase.ts';
import { rankKeys } from './configuration.ts';

const tolerance = 1e-5;
const biasTolerance = 1e-3;

/** Layers of every shape, where the user chooses the layers. */
export const takesEveryShape: Behaviour<AdapterSubject> = {
  name: 'works on square, tall and wide layers',
  judge: async (subject) => {
    // Not the layers of which a copy is trained beside the method.
    const own = policyWith(withoutLayerNames(subject), {}) ?? subject.policy();
    const adaptsLinear = [...own.targets.values()].some(({ kind }) => kind === 'linear');
    if (!adaptsLinear || !hasKey(subject, 'target_modules')) return;
    let accepted = 0;
    for (const [shape, module] of Object.entries(shapedModules)) {
      const policy =
        policyWith(subject, { target_modules: [module] }) ??
        policyWith(withoutLayerNames(subject), { target_modules: [module] });
      if (policy === undefined) continue;
      accepted += 1;
      await checkComputes(subject, policy, subject.base, `on a ${shape} layer`);
    }
    if (accepted === 0)
      throw nonconformity({ plugin: subject.plugin }, 'it refuses square, tall and wide layers alike');
  },
};

/** The smallest rank, and the largest that the smallest of the layers has room for. */
export const takesEveryRank: Behaviour<AdapterSubject> = {
  name: 'works at rank 1 and at full rank, or refuses them',
  judge: async (subject) => {
    const smallest = Math.min(...[...subject.policy().targets.values()].flatMap(({ shape }) => shape));
    for (const key of rankKeys(subject)) {
      for (const rank of [1, smallest]) {
        const policy = policyWith(subject, { [key]: rank });
        if (policy !== undefined) await checkComputes(subject, policy, subject.base, `at ${key} = ${rank}`);
      }
    }
  },
};

/** A layer that is zero, as freshly made heads are. */
export const takesZeroWeights: Behaviour<AdapterSubject> = {
  name: 'works on layers whose weight is zero',
  judge: async (subject) => {
    const base = tinyBase({ isZero: true });
    const policy = policyWith(subject, {}, base);
    if (policy !== undefined) await checkComputes(subject, policy, base, 'on weights of zero');
  },
};

/** Layers with a bias, and a model without any. */
export const takesBiasOrNone: Behaviour<AdapterSubject> = {
  name: 'keeps the bias of a layer that has one, and works where none has',
  judge: async (subject) => {
    await checkBiasesCount(subject);
    const without = tinyBase({ hasBiases: false });
    const plain = policyWith(subject, {}, without);
    if (plain !== undefined) await checkComputes(subject, plain, without, 'in a model without biases');
  },
};

/** Another bias gives another output. */
async function checkBiasesCount(subject: AdapterSubject): Promise<void> {
  const biased = [...subject.policy().targets.values()].filter(({ kind, hasBias }) => kind === 'linear' && hasBias);
  if (biased.length === 0) return;
  const moved = [...subject.base.weights].map(([name, { shape, data }]) => {
    return [name, { shape, data: name.endsWith('.bias') ? data.map((value) => value + 1) : data }] as const;
  });
  const other = { ...subject.base, weights: new Map(moved) };
  const policy = createPolicy(other, subject.adapter, subject.config(), suiteSeed);
  const before = await (await subject.bench()).run(subject.values());
  const bench = await createAdapterBench(other, policy);
  try {
    const after = await bench.run(perturbed(policy));
    for (const { name: layer } of biased) {
      for (const method of ['forward', 'merged'] as const) {
        const [own, others] = [before.outputs.get(layer)?.[method] ?? [], after.outputs.get(layer)?.[method] ?? []];
        const isSame = differenceInWords(others, own, biasTolerance) === undefined;
        const problem = isSame ? 'its output does not depend on it' : undefined;
        demandNone({ plugin: subject.plugin, method, layer }, 'the layer has a bias', problem);
      }
    }
  } finally {
    await bench.release();
  }
}

function hasKey({ adapter }: AdapterSubject, key: string): boolean {
  return key in (z.toJSONSchema(adapter.config, { io: 'input', unrepresentable: 'any' }).properties ?? {});
}

/** The subject without options that name layers, which would not fit to others. */
function withoutLayerNames(subject: AdapterSubject): AdapterSubject {
  const others = Object.entries(subject.options).filter(([key]) => !/_(modules|pattern)$|^modules_to_save$/.test(key));
  return { ...subject, options: Object.fromEntries(others) };
}

/** The policy with other options; undefined where the plugin refuses them as it should. */
function policyWith(
  subject: AdapterSubject,
  changes: Readonly<Record<string, unknown>>,
  base: Checkpoint = subject.base,
): Policy | undefined {
  const parsed = subject.adapter.config.safeParse({ ...subject.options, ...changes });
  if (!parsed.success) return undefined;
  try {
    return createPolicy(base, subject.adapter, parsed.data, suiteSeed);
  } catch (error) {
    if (error instanceof RlvrError && error.code.startsWith('adapter/')) return undefined;
    throw error;
  }
}

/** Finite outputs and gradients, and merging that agrees with the forward pass. */
async function checkComputes(
  { plugin }: AdapterSubject,
  policy: Policy,
  base: Checkpoint,
  where: string,
): Promise<void> {
  const bench = await createAdapterBench(base, policy);
  try {
    for (const values of [startOf(policy), perturbed(policy)]) {
      const { outputs, gradients } = await bench.run(values);
      for (const [layer, { forward, merged }] of outputs) {
        const place = { plugin, method: 'forward', layer };
        demandNone(place, `${where} its output is not finite`, notFiniteInWords(forward) ?? notFiniteInWords(merged));
        demandNone(place, `${where} it is not what merged gives`, differenceInWords(forward, merged, tolerance));
      }
      for (const [name, gradient] of gradients) {
        const layer = policy.parameters.find((parameter) => parameter.name === name)?.layer?.name;
        const place = { plugin, method: 'forward', layer };
        demandNone(place, `${where} the gradient of "${name}" is not finite`, notFiniteInWords(gradient));
      }
    }
  } finally {
    await bench.release();
  }
}
