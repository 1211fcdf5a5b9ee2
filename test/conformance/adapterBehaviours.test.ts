import { describe, expect, it } from 'vitest';
import type { Adapter } from '../../core/contracts/adapter.ts';
import { adapterBehaviours } from '../../core/conformance/adapterBehaviours.ts';
import { openAdapterSubject } from '../../core/conformance/adapterSubject.ts';
import type { Verdict } from '../../core/conformance/behaviour.ts';
import { judgeAll } from '../../core/conformance/behaviour.ts';
import { sft } from '../../plugins/objectives/sft.ts';
import { sgd } from '../../plugins/optimizers/sgd.ts';
import { sound } from './soundAdapter.ts';
import { wrongAdapters } from './wrongAdapters.ts';

/** `npm run test:contracts` judges wrong adapters by every behaviour, `npm test` by those that must find them and what these build on. */
const isThorough = process.env['RLVR_CONTRACTS'] === 'all';

async function judge(adapter: unknown, wanted?: readonly string[]): Promise<readonly Verdict[]> {
  const plugin = adapter as Adapter;
  const surroundings = { readers: [], objective: sft, optimizers: [sgd] };
  const subject = openAdapterSubject(plugin, plugin.examples?.[0] ?? {}, surroundings);
  try {
    const behaviours = adapterBehaviours.filter(
      ({ name, isBasic }) => wanted === undefined || isThorough || isBasic === true || wanted.includes(name),
    );
    return await judgeAll(subject, behaviours);
  } finally {
    await subject.release();
  }
}

function failures(verdicts: readonly Verdict[]): string[] {
  return verdicts.filter(({ outcome }) => outcome === 'failed').map(({ behaviour }) => behaviour);
}

describe('the suite of adapters', () => {
  it('passes an adapter that is right in everything', async () => {
    const verdicts = await judge(sound);
    expect(verdicts.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(verdicts.length).toBe(adapterBehaviours.length);
  });

  it.each(wrongAdapters)('finds an adapter that $wrong, in exactly that', async ({ adapter, fails, message }) => {
    const verdicts = await judge(adapter, fails);
    expect(failures(verdicts), JSON.stringify(verdicts.filter(({ outcome }) => outcome === 'failed'))).toEqual(fails);
    expect(verdicts.find(({ outcome }) => outcome === 'failed')?.problem).toMatch(message);
  });
});
