import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Optimizer } from '../../../core/contracts/optimizer.ts';
import type { ParameterSpec } from '../../../core/contracts/parameter.ts';
import type { SafetensorsFile } from '../../../core/model/safetensors.ts';
import { openSafetensors } from '../../../core/model/safetensors.ts';
import { compile } from '../../../core/tensor/compile.ts';
import { tf } from '../../../core/tensor/tf.ts';
import type { InputSpec } from '../../../core/tensor/trace.ts';
import { clipByGlobalNorm } from '../../../core/training/clip.ts';
import { plugins } from '../../../plugins/index.ts';
import { expectClose } from '../../closeness.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';

interface OptimizerCase {
  readonly id: number;
  readonly optimizer: string;
  readonly options: Readonly<Record<string, unknown>> & { readonly lr?: number };
  readonly clip?: number;
  readonly grad_norms: readonly number[];
}

interface OptimizerFile {
  readonly steps: number;
  readonly parameters: readonly string[];
  readonly cases: readonly OptimizerCase[];
}

/** torch's classes with the plugin that computes the same and torch's defaults where ours differ. */
const covered: Readonly<Record<string, { id: string; defaults: object }>> = {
  AdamW: { id: 'adamw', defaults: { weight_decay: 0.01 } },
  SGD: { id: 'sgd', defaults: {} },
};

type Arrays = Readonly<Record<string, Float32Array>>;
type Step = (state: Arrays, gradients: Arrays, step: number) => Promise<Record<string, Float32Array>>;

/** One optimizer step as a function of tensors by name: `value P`, `gradient P`, `slot P NAME`, `step`, `rate`. */
function stepFunction(
  optimizer: Optimizer,
  config: unknown,
  specs: readonly ParameterSpec[],
  clip: number | undefined,
) {
  return (tensors: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const raw = specs.map(({ name }) => tensors[`gradient ${name}`]!);
    const { gradients, norm } =
      clip === undefined ? { gradients: raw, norm: tf.scalar(0) } : clipByGlobalNorm(raw, clip);
    const parameters = specs.map((spec, i) => ({
      spec,
      value: tensors[`value ${spec.name}`]!,
      gradient: gradients[i]!,
      slots: Object.fromEntries(
        optimizer.slots(config, spec).map(({ name }) => [name, tensors[`slot ${spec.name} ${name}`]!]),
      ),
    }));
    const scalars = { learningRate: tensors['rate'] as tf.Scalar, step: tensors['step'] as tf.Scalar };
    const updates = optimizer.update(config, parameters, scalars, []);
    const named = updates.flatMap(({ value, slots }, i) => [
      [`value ${specs[i]!.name}`, value] as const,
      ...Object.entries(slots).map(([name, slot]) => [`slot ${specs[i]!.name} ${name}`, slot] as const),
    ]);
    return { ...Object.fromEntries(named), norm };
  };
}

describe('optim/optimizers', () => {
  if (!hasGolden('optim', 'optimizers.json')) {
    it.skip('no optim/optimizers.json in the golden folder');
    return;
  }
  const file = JSON.parse(readFileSync(goldenPath('optim', 'optimizers.json'), 'utf8')) as OptimizerFile;
  const tensors: SafetensorsFile = openSafetensors(goldenPath('optim', 'optimizers.safetensors'));
  const specs = file.parameters.map((name): ParameterSpec => {
    const { shape } = tensors.info(`initial.${name}`);
    return { name, role: 'weight', shape, trainable: true, scaling: 1 };
  });
  beforeAll(() => tf.setBackend('cpu'));
  afterAll(() => tensors.close());

  async function replay(entry: OptimizerCase, initial: Arrays, step: Step): Promise<void> {
    let state = initial;
    for (let index = 0; index < file.steps; index++) {
      const at = (name: string, values: Float32Array): Float32Array => {
        const size = tensors.readFloat32(`initial.${name}`).length;
        return values.slice(index * size, (index + 1) * size);
      };
      const gradients = Object.fromEntries(
        file.parameters.map((name) => [`gradient ${name}`, at(name, tensors.readFloat32(`gradients.${name}`))]),
      );
      const { norm, ...next } = await step(state, gradients, index + 1);
      state = next;
      if (entry.clip !== undefined)
        expectClose(norm, Float32Array.of(entry.grad_norms[index]!), 1e-6, `norm of step ${index}`);
      for (const name of file.parameters) {
        expectClose(
          state[`value ${name}`],
          at(name, tensors.readFloat32(`case${entry.id}.${name}`)),
          1e-6,
          `${name}, step ${index}`,
        );
      }
    }
  }

  for (const entry of file.cases) {
    const clip = entry.clip === undefined ? '' : `, clipped at ${entry.clip}`;
    const title = `case ${entry.id} ${entry.optimizer} ${JSON.stringify(entry.options)}${clip}`;
    const match = covered[entry.optimizer];
    const optimizer = plugins.optimizers.find(({ id }) => id === match?.id);
    if (match === undefined || optimizer === undefined) {
      it.skip(`${title}: not covered, there is no optimizer plugin for torch's ${entry.optimizer}`);
      continue;
    }
    it(title, async () => {
      const { lr = 1e-3, ...options } = entry.options;
      const config = optimizer.config.parse({ ...match.defaults, ...options, groups: [] });
      const run = stepFunction(optimizer, config, specs, entry.clip);
      const inputs: Record<string, InputSpec> = {
        step: { shape: [], dtype: 'float32' },
        rate: { shape: [], dtype: 'float32' },
      };
      const initial: Record<string, Float32Array> = {};
      for (const spec of specs) {
        inputs[`value ${spec.name}`] = inputs[`gradient ${spec.name}`] = { shape: spec.shape, dtype: 'float32' };
        initial[`value ${spec.name}`] = tensors.readFloat32(`initial.${spec.name}`);
        for (const { name, shape } of optimizer.slots(config, spec)) {
          inputs[`slot ${spec.name} ${name}`] = { shape, dtype: 'float32' };
          initial[`slot ${spec.name} ${name}`] = new Float32Array(shape.reduce((product, size) => product * size, 1));
        }
      }
      const feeds = (state: Arrays, gradients: Arrays, step: number): Arrays => ({
        ...state,
        ...gradients,
        step: Float32Array.of(step),
        rate: Float32Array.of(lr),
      });
      await replay(entry, initial, (state, gradients, step) => {
        const given = Object.entries(feeds(state, gradients, step)).map(([name, values]) => [
          name,
          tf.tensor(values, [...(inputs[name]!.shape as number[])]),
        ]);
        const results = tf.tidy(() => run(Object.fromEntries(given) as Record<string, tf.Tensor>));
        return Promise.resolve(
          Object.fromEntries(Object.entries(results).map(([name, result]) => [name, result.dataSync<'float32'>()])),
        );
      });
      const graph = await compile(inputs, run);
      await replay(entry, initial, async (state, gradients, step) => {
        const results = await graph.run(feeds(state, gradients, step));
        return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
      });
      await graph.release();
    });
  }
});
