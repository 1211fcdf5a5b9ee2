import { z } from 'zod';
import { RlvrError } from '../../errors.ts';
import { adapterTargets, targetLayers } from '../../training/adapterTargets.ts';
import type { AdapterSubject } from '../adapterSubject.ts';
import type { Behaviour } from '../behaviour.ts';
import { nonconformity } from '../behaviour.ts';
import { guardedCall } from '../guardedCall.ts';

/** A configuration for which the plugin has to work. */
export const acceptsConfiguration: Behaviour<AdapterSubject> = {
  name: 'accepts its configuration',
  isBasic: true,
  judge: (subject) => {
    const { plugin, adapter, base } = subject;
    const config = subject.config();
    const refused = (error: unknown): never => {
      if (error instanceof RlvrError && error.code.startsWith('adapter/')) {
        throw nonconformity(
          { plugin },
          `it refuses ${JSON.stringify(subject.options)} on the suite's model: ${error.message}`,
        );
      }
      throw error;
    };
    try {
      adapterTargets(adapter, config, base.config);
    } catch (error) {
      refused(error);
    }
  },
};

/** Targets that no layer has, and options of a type that no option takes. */
export const refusesBadConfigurations: Behaviour<AdapterSubject> = {
  name: 'refuses bad configurations with the right error',
  judge: (subject) => {
    const { plugin, adapter, options } = subject;
    const keys = Object.keys(z.toJSONSchema(adapter.config, { io: 'input', unrepresentable: 'any' }).properties ?? {});
    for (const key of keys) {
      const result = adapter.config.safeParse({ ...options, [key]: () => 'what no option takes' });
      if (result.success) throw nonconformity({ plugin, method: 'config' }, `it accepts a function as "${key}"`);
      const [issue] = result.error.issues;
      if (issue?.path[0] !== key) {
        throw nonconformity(
          { plugin, method: 'config' },
          `a wrong "${key}" is told as an error of "${issue?.path.join('.')}"`,
        );
      }
    }
    if (keys.includes('target_modules')) checkNoTarget(subject);
    for (const key of rankKeys(subject)) checkBadRanks(subject, key);
  },
};

function checkNoTarget({ plugin, adapter, options, base }: AdapterSubject): void {
  const parsed = adapter.config.safeParse({ ...options, target_modules: ['a_module_that_no_model_has'] });
  if (!parsed.success) return;
  const found = errorOf(() => adapter.targets(parsed.data, targetLayers(base.config)));
  if (found?.code === 'adapter/no-target') return;
  const told = found === undefined ? 'gives no error' : `gives ${found.code}`;
  throw nonconformity(
    { plugin, method: 'targets' },
    `a target that matches no layer ${told}, expected adapter/no-target`,
  );
}

function checkBadRanks({ plugin, adapter, options }: AdapterSubject, key: string): void {
  for (const rank of [0, -1, 1.5, NaN]) {
    if (adapter.config.safeParse({ ...options, [key]: rank }).success)
      throw nonconformity({ plugin, method: 'config' }, `it accepts ${rank} as "${key}"`);
  }
}

/** The keys of a configuration that are a rank: what `rank` stands for, and PEFT's names of it. */
export function rankKeys({ adapter }: Pick<AdapterSubject, 'adapter'>): readonly string[] {
  const { properties = {} } = z.toJSONSchema(adapter.config, { io: 'input', unrepresentable: 'any' });
  const names = new Set([adapter.aliases?.['rank'], 'r', 'init_r'].filter((name) => name !== undefined));
  return [...names].filter((name) => {
    const property = properties[name];
    return typeof property === 'object' && property.const === undefined;
  });
}

/** The error that a call ends with; what is not one of ours is a failure of the plugin. */
function errorOf(run: () => unknown, plugin = 'adapter'): RlvrError | undefined {
  try {
    guardedCall({ plugin }, run);
    return undefined;
  } catch (error) {
    if (error instanceof RlvrError) return error;
    throw error;
  }
}
