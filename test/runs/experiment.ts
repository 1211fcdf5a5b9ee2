import { experimentSchema } from '../../core/experiment/schema.ts';
import type { Experiment } from '../../core/experiment/schema.ts';

/** An experiment that the schema takes. */
export function someExperiment(name = 'trial'): Experiment {
  return experimentSchema.parse({
    name,
    model: { path: 'model' },
    data: { train: { type: 'arithmetic' } },
    adapter: { type: 'lora' },
    schedule: { type: 'constant' },
  });
}
