import { z } from 'zod';
import { analyzerBehaviours } from '../../core/conformance/analyzerBehaviours.ts';
import type { Analyzer } from '../../core/contracts/analyzer.ts';
import { plugins } from '../../plugins/index.ts';
import { judgeEach } from './judgedPlugins.ts';

/** An analyzer of a user's own: the mean entry of the update. */
const meanEntry: Analyzer<{ scale: number }> = {
  id: 'mean-entry',
  summary: 'Mean entry of the update of each layer',
  source: 'this test',
  config: z.strictObject({ scale: z.number().default(1) }),
  measures: { mean: { title: 'mean', unit: '1', explanation: 'Mean entry of dW.' } },
  matrices: { ends: { title: 'ends', unit: '1', explanation: 'First and last.', columns: ['first', 'last'] } },
  async analyze({ scale }, layer) {
    const { data } = await layer.update();
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    return { numbers: { mean: scale * mean }, rows: { ends: [data[0] ?? 0, data.at(-1) ?? 0] } };
  },
};

judgeEach('analyzer', [...plugins.analyzers, meanEntry], analyzerBehaviours, (analyzer, common) => ({
  ...common,
  analyzer,
}));
