import { assertClose } from 'rlvr-lab/conformance/assertClose';
import type { AnalyzedLayer } from 'rlvr-lab/contracts/analyzer';
import { analyzer } from './analyzer.ts';

export const tests = {
  'counts the entries that changed': async () => {
    const update = { rows: 2, columns: 2, data: Float64Array.of(0, 1, 1e-9, -2) };
    const layer = { update: () => Promise.resolve(update) } as unknown as AnalyzedLayer;
    const { numbers } = await analyzer.analyze(analyzer.config.parse({}), layer);
    assertClose([numbers!['changed']!], [0.5], 0, 'the share of changed entries');
  },
};
