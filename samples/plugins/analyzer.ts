import { z } from 'zod';
import type { Analyzer } from 'rlvr-lab/contracts/analyzer';

/** What can be set, with defaults. An unknown key is refused by name. */
const schema = z.strictObject({
  threshold: z.number().positive().default(1e-4).describe('Entries of the update that are smaller count as unchanged'),
});

type Config = z.output<typeof schema>;

/** my_analyzer: how many entries of a layer's weight did training change? */
export const analyzer: Analyzer<Config> = {
  id: 'my_analyzer',
  summary: 'Share of the entries of each weight that training changed',
  source: 'written for this project',
  config: schema,
  // What it gives for each layer, with units, so that it can be drawn as it is.
  measures: {
    changed: {
      title: 'changed',
      unit: 'share',
      explanation: 'Share of the entries of dW that are above the threshold.',
    },
  },
  // W, dW and W + dW are computed when they are asked for, and once for all analyzers.
  async analyze({ threshold }, layer) {
    const { data } = await layer.update();
    const changed = data.filter((value) => Math.abs(value) > threshold).length;
    return { numbers: { changed: changed / data.length } };
  },
};
