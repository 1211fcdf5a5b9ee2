import type { Adapter, CalibrationRequest, LayerCalibration } from '../../core/contracts/adapter.ts';
import type { PluginCatalog } from '../../core/contracts/pluginCatalog.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { adapterTargets } from '../../core/training/adapterTargets.ts';
import { createPolicy, trainableCount } from '../../core/training/policy.ts';
import type { StepOptions } from '../../core/training/stepGraph.ts';
import { benchCheckpoint, benchConfig, benchStepOptions, rank } from '../engine/benchModel.ts';
import { trainingSteps, type Repeated } from '../engine/benchRun.ts';
import { linearLayers } from '../trl/workload.ts';

const seed = 7;
/** Rows of inputs that a start which looks at the base is given: made up, since only the time of steps counts. */
const calibrationRows = 128;

/** Options that put methods on an equal footing; a method takes those that its configuration has. */
const equalOptions: Readonly<Record<string, unknown>> = {
  r: rank,
  rank,
  init_r: rank,
  target_r: rank / 2,
  lora_alpha: 2 * rank,
  target_modules: [...linearLayers],
  feedforward_modules: ['down_proj'],
};

/** A method ready to make steps. */
export interface MethodSteps extends Repeated {
  readonly id: string;
  readonly trainable: number;
}

/** Values of `equalOptions` that the method accepts, added one by one. */
function optionsOf({ config }: Adapter): Readonly<Record<string, unknown>> {
  let accepted: Readonly<Record<string, unknown>> = {};
  for (const [name, value] of Object.entries(equalOptions)) {
    const more = { ...accepted, [name]: value };
    if (config.safeParse(more).success) accepted = more;
  }
  return accepted;
}

function madeUp(adapter: Adapter, config: unknown, { kind }: CalibrationRequest): Map<string, LayerCalibration> {
  const targets = adapterTargets(adapter, config, benchConfig);
  return new Map(
    targets.map(({ name, shape: [out = 0, inputs = 0] }) => {
      const rows = kind === 'activations' ? calibrationRows : out;
      return [name, { kind, values: randomStream(seed, 'bench calibration', name).normals(rows * inputs) }];
    }),
  );
}

/** Optimizer steps of a method on the benchmark's rows, with the optimizer that belongs to it. */
export function methodSteps(id: string, catalog: PluginCatalog): MethodSteps {
  const adapter = catalog.find('adapter', id);
  // Norms are what LayerNorm tuning adapts, and everything is what full fine-tuning does: there the default stands.
  const isLinear = adapter.config.safeParse({}).success && id !== 'full' && id !== 'ln_tuning';
  const config = adapter.config.parse(isLinear ? optionsOf(adapter) : {});
  const checkpoint = benchCheckpoint();
  const request = adapter.calibration?.(config);
  const calibration = request === undefined ? undefined : madeUp(adapter, config, request);
  const policy = createPolicy(checkpoint, adapter, config, seed, calibration);
  const optimizer = catalog.find('optimizer', adapter.optimizer ?? 'adamw');
  const options: StepOptions = {
    ...benchStepOptions(checkpoint),
    policy,
    optimizer,
    optimizerConfig: optimizer.config.parse({}),
  };
  return { ...trainingSteps(options), id, trainable: trainableCount(policy) };
}
