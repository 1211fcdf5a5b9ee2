import { readFileSync } from 'node:fs';
import { afterAll, describe, it } from 'vitest';
import type { ParameterSpec } from '../../../core/contracts/parameter.ts';
import { openSafetensors } from '../../../core/model/safetensors.ts';
import { plugins } from '../../../plugins/index.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';
import { replayOptimizer } from './optimizerReplay.ts';

interface OptimizerCase {
  readonly id: number;
  readonly optimizer: string;
  readonly options: Readonly<Record<string, unknown>> & { readonly lr?: number | null };
  readonly clip?: number;
  readonly float32_iterations?: boolean;
  readonly grad_norms: readonly number[];
}

interface OptimizerFile {
  readonly steps: number;
  readonly parameters: readonly string[];
  readonly cases: readonly OptimizerCase[];
}

/** A plugin that computes what a class of torch or transformers does. */
interface Counterpart {
  readonly id: string;
  /** The class's defaults where ours differ. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly lr: number;
  readonly tolerance: number;
}

function counterpartOf({ optimizer, float32_iterations: isFloat32 }: OptimizerCase): Counterpart | undefined {
  const exact = { defaults: {}, lr: 1e-3, tolerance: 1e-6 };
  const all: Readonly<Record<string, Counterpart>> = {
    Adam: { ...exact, id: 'adam' },
    AdamW: { ...exact, id: 'adamw', defaults: { weight_decay: 0.01 } },
    SGD: { ...exact, id: 'sgd' },
    RMSprop: { ...exact, id: 'rmsprop', lr: 1e-2 },
    Adafactor: { ...exact, id: 'adafactor', lr: 1e-2 },
    HfAdafactor: { ...exact, id: 'hf_adafactor', defaults: { scale_parameter: true, relative_step: true } },
    // torch's products of bfloat16 matrices add up in an order of its own.
    Muon: {
      id: 'muon',
      defaults: { weight_decay: 0.1, bfloat16: isFloat32 !== true },
      lr: 1e-3,
      tolerance: isFloat32 === true ? 1e-5 : 1e-3,
    },
  };
  return all[optimizer];
}

describe('optim/optimizers', () => {
  if (!hasGolden('optim', 'optimizers.json')) {
    it.skip('no optim/optimizers.json in the golden folder');
    return;
  }
  const { steps, parameters, cases } = JSON.parse(
    readFileSync(goldenPath('optim', 'optimizers.json'), 'utf8'),
  ) as OptimizerFile;
  const file = openSafetensors(goldenPath('optim', 'optimizers.safetensors'));
  afterAll(() => file.close());

  for (const entry of cases) {
    const clip = entry.clip === undefined ? '' : `, clipped at ${entry.clip}`;
    const float32 = entry.float32_iterations === true ? ', iterations in float32' : '';
    const title = `case ${entry.id} ${entry.optimizer} ${JSON.stringify(entry.options)}${clip}${float32}`;
    const match = counterpartOf(entry);
    const optimizer = plugins.optimizers.find(({ id }) => id === match?.id);
    if (match === undefined || optimizer === undefined) {
      it.skip(`${title}: not covered, there is no optimizer plugin for ${entry.optimizer}`);
      continue;
    }
    it(title, async () => {
      const { lr, ...given } = entry.options;
      // Python's None is what we leave out, and inside a pair torch's epsilon of float32.
      const options = Object.entries(given)
        .filter(([, value]) => value !== null)
        .map(([key, value]) => [key, Array.isArray(value) ? value.map((part: unknown) => part ?? 2 ** -23) : value]);
      await replayOptimizer({
        optimizer,
        config: optimizer.config.parse({ ...match.defaults, ...Object.fromEntries(options), groups: [] }),
        // What an optimizer does not take is not there (Muon's vector).
        specs: parameters
          .filter((name) => file.names.includes(`case${entry.id}.${name}`))
          .map((name): ParameterSpec => {
            return { name, role: 'weight', shape: file.info(`initial.${name}`).shape, trainable: true, scaling: 1 };
          }),
        learningRate: lr ?? match.lr,
        steps,
        clip: entry.clip,
        norms: entry.grad_norms,
        tolerance: match.tolerance,
        file,
        names: (name) => {
          return { initial: `initial.${name}`, gradients: `gradients.${name}`, after: `case${entry.id}.${name}` };
        },
      });
    });
  }
});
