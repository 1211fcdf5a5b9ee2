import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../core/conformance/behaviour.ts';
import type { JudgedPlugin } from '../../core/conformance/judgePlugin.ts';
import { judgePlugin } from '../../core/conformance/judgePlugin.ts';
import { sft } from '../../plugins/objectives/sft.ts';
import { sgd } from '../../plugins/optimizers/sgd.ts';
import { analyzers } from './wrongAnalyzers.ts';
import { datasets } from './wrongDatasets.ts';
import { objectives } from './wrongObjectives.ts';
import { optimizers } from './wrongOptimizers.ts';
import { rewards } from './wrongRewards.ts';

async function judge(judged: JudgedPlugin): Promise<readonly Verdict[]> {
  const given = { readers: [], objective: sft, optimizers: [sgd], baseFolder: import.meta.dirname };
  const judgements = await judgePlugin(judged, given);
  return judgements.flatMap(({ verdicts }) => verdicts);
}

describe.each([rewards, datasets, optimizers, objectives, analyzers])('the suite of kind $kind', ({ sound, wrong }) => {
  it('passes a plugin that is right in everything', async () => {
    const verdicts = await judge(sound);
    expect(verdicts.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(verdicts.length).toBeGreaterThan(2);
  });

  it.each(wrong)('finds one that $wrong, in exactly that', async ({ judged, fails, message }) => {
    const failed = (await judge(judged)).filter(({ outcome }) => outcome === 'failed');
    expect(
      failed.map(({ behaviour }) => behaviour),
      JSON.stringify(failed),
    ).toEqual(fails);
    expect(failed[0]?.problem).toMatch(message);
  });
});
