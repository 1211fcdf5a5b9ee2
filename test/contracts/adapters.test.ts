import { afterAll, describe, it } from 'vitest';
import { adapterBehaviours } from '../../core/conformance/adapterBehaviours.ts';
import { openAdapterSubject } from '../../core/conformance/adapterSubject.ts';
import { plugins } from '../../plugins/index.ts';
import { sft } from '../../plugins/objectives/sft.ts';
import { sgd } from '../../plugins/optimizers/sgd.ts';
import { adapterCases } from './adapterCases.ts';

describe.each(adapterCases)('$name', ({ adapter, options }) => {
  const subject = openAdapterSubject(adapter, options, {
    readers: plugins.adapters,
    objective: sft,
    optimizers: [sgd, ...plugins.optimizers],
  });
  afterAll(() => subject.release());

  it.each(adapterBehaviours)('$name', async ({ judge }) => {
    await judge(subject);
  });
});
