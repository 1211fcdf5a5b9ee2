import { describe, expect, it } from 'vitest';
import { dapoIngredients, describeIngredients } from '../../core/experiment/dapoIngredients.ts';
import { someExperiment } from '../runs/experiment.ts';

describe('what of DAPO an experiment has', () => {
  const bare = { ...someExperiment(), objective: { type: 'dapo', epsilon: 0.2, beta: 0 } };

  it('is its loss alone where nothing else is said', () => {
    expect(describeIngredients(dapoIngredients(bare)!)).toBe(
      'with token-level loss, no KL; without clip-higher, dynamic sampling, overlong shaping, overlong filtering',
    );
  });

  it('is everything where everything is switched on', () => {
    const whole = {
      ...bare,
      objective: { ...bare.objective, epsilon_high: 0.28 },
      rollout: { ...bare.rollout, dynamic_sampling: { max_batches: 4, at_limit: 'fill' as const } },
      training: { ...bare.training, mask_truncated_completions: true },
      rewards: [{ type: 'soft_overlong', weight: 1 }],
    };
    expect(describeIngredients(dapoIngredients(whole)!)).toBe(
      'with token-level loss, clip-higher (0.2 / 0.28), dynamic sampling (at most 4 batches, at the limit: fill), ' +
        'overlong shaping, overlong filtering, no KL',
    );
  });

  it('is not asked of other objectives', () => {
    expect(dapoIngredients({ ...bare, objective: { type: 'grpo' } })).toBeUndefined();
  });
});
