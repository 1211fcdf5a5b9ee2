import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileLoss, runLoss } from '../../../core/conformance/objectiveBench.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { plugins } from '../../../plugins/index.ts';
import { expectClose } from '../../closeness.ts';
import { derivations } from './derivations.ts';
import { plainBatch, slopes } from './plainBatch.ts';
import { runEagerly } from './runEagerly.ts';

describe('objectives against their formulas in float64', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it.each(derivations)('$objective $options $state', async ({ objective: id, options, state = {}, loss }) => {
    const objective = plugins.objectives.find((plugin) => plugin.id === id)!;
    const config = objective.config.parse(options);
    const isPerToken = objective.requirements(config).advantage === 'global';
    const given = { ...objective.state?.initial(config), ...state };
    const graph = await compileLoss(objective, config, plainBatch(1, isPerToken), given);
    for (const seed of [1, 2, 3]) {
      const batch = plainBatch(seed, isPerToken);
      const expected = loss(batch);
      const expectedSlopes = slopes(batch, (logps) => loss(batch, logps));
      for (const result of [runEagerly(objective, config, batch, given), await runLoss(graph, batch, given)]) {
        expectClose([result.loss], [expected], 1e-6, `loss, seed ${seed}`);
        expectClose(result.gradient, expectedSlopes, 1e-6, `gradient, seed ${seed}`);
      }
    }
    await graph.release();
  });

  it('has a batch on which they differ', () => {
    const batch = plainBatch(1);
    const losses = derivations
      .filter(({ objective }) => objective !== 'reinforce_plus_plus')
      .map(({ loss }) => loss(batch));
    expect(new Set(losses.map((loss) => loss.toFixed(9))).size).toBeGreaterThan(losses.length - 3);
  });
});
