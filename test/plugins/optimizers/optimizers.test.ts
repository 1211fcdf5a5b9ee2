import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ParameterRole, ParameterSpec } from '../../../core/contracts/parameter.ts';
import { traceGraph } from '../../../core/tensor/trace.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { adamw } from '../../../plugins/optimizers/adamw.ts';
import { sgd } from '../../../plugins/optimizers/sgd.ts';

function spec(role: ParameterRole, module: string): ParameterSpec {
  const layer = { name: `model.${module}`, module, kind: 'linear', shape: [2, 2], hasBias: true } as const;
  return { name: `${layer.name}.${role}`, role, shape: [2], trainable: true, layer, scaling: 1 };
}

/** Where a parameter of value 1 goes in one step of learning rate 0.5 with a gradient of 0: the decay alone. */
function decayed(config: Parameters<typeof adamw.update>[0], parameter: ParameterSpec): number {
  const zeros = tf.zeros([2]);
  const slots = { exp_avg: zeros, exp_avg_sq: zeros };
  const scalars = { learningRate: tf.scalar(0.5), step: tf.scalar(1) };
  const [update] = adamw.update(
    config,
    [{ spec: parameter, value: tf.ones([2]), gradient: zeros, slots }],
    scalars,
    [],
  );
  return update!.value.dataSync()[0]!;
}

describe('adamw', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('does not decay biases and norms by default', () => {
    const config = adamw.config.parse({ weight_decay: 0.1 });
    expect(decayed(config, spec('lora_A', 'q_proj'))).toBeCloseTo(0.95, 6);
    expect(decayed(config, spec('norm', 'norm'))).toBe(1);
    expect(decayed(config, spec('bias', 'q_proj'))).toBe(1);
  });

  it('takes the first group that fits role and module', () => {
    const config = adamw.config.parse({
      weight_decay: 0.1,
      groups: [
        { modules: ['q_proj'], roles: ['lora_B'], learning_rate_scale: 4 },
        { modules: ['q_proj'], weight_decay: 0.4 },
      ],
    });
    expect(decayed(config, spec('lora_B', 'q_proj'))).toBeCloseTo(1 - 0.5 * 4 * 0.1, 6);
    expect(decayed(config, spec('lora_A', 'q_proj'))).toBeCloseTo(1 - 0.5 * 0.4, 6);
    expect(decayed(config, spec('lora_A', 'v_proj'))).toBeCloseTo(0.95, 6);
    expect(decayed(config, { ...spec('vector', 'v_proj'), name: 'shared' })).toBeCloseTo(0.95, 6);
  });

  it('keeps its first steps exact in float32', () => {
    const zeros = tf.zeros([1]);
    const parameter = {
      spec: spec('lora_A', 'q_proj'),
      value: zeros,
      gradient: tf.ones([1]),
      slots: { exp_avg: zeros, exp_avg_sq: zeros },
    };
    const config = adamw.config.parse({ betas: [0.9, 0.9999] });
    const [update] = adamw.update(config, [parameter], { learningRate: tf.scalar(1), step: tf.scalar(1) }, []);
    expect(Math.abs(update!.value.dataSync()[0]! + 1)).toBeLessThan(3e-7);
  });

  it('adds at most 12 nodes to the graph for a parameter without decay', async () => {
    const nodes = async (count: number): Promise<number> => {
      const names = Array.from({ length: count }, (_, i) => `p${i}`);
      const inputs = Object.fromEntries(
        [...names, 'rate', 'step'].map((name) => [
          name,
          { shape: name.startsWith('p') ? [2] : [], dtype: 'float32' as const },
        ]),
      );
      const config = adamw.config.parse({});
      const graph = await traceGraph(inputs, (tensors) => {
        const parameters = names.map((name) => {
          const value = tensors[name]!;
          return { spec: spec('lora_A', name), value, gradient: value, slots: { exp_avg: value, exp_avg_sq: value } };
        });
        const scalars = { learningRate: tensors['rate'] as tf.Scalar, step: tensors['step'] as tf.Scalar };
        const updates = adamw.update(config, parameters, scalars, []);
        return Object.fromEntries(
          updates.flatMap(({ value, slots }, i) => [
            [`value${i}`, value] as const,
            ...Object.entries(slots).map(([name, slot]) => [`${name}${i}`, slot] as const),
          ]),
        );
      });
      return graph.nodes;
    };
    const namesOfOutputs = 3;
    expect((await nodes(3)) - (await nodes(2)) - namesOfOutputs).toBeLessThanOrEqual(12);
  });

  it.each([
    [{ lr: 0.1 }],
    [{ betas: [0.9, 1] }],
    [{ eps: 0 }],
    [{ groups: [{ roles: ['head'] }] }],
    [{ weight_decay: -1 }],
  ])('refuses %j', (options) => expect(adamw.config.safeParse(options).success).toBe(false));
});

describe('sgd', () => {
  it('refuses Nesterov without momentum, as torch does', () => {
    expect(sgd.config.safeParse({ nesterov: true }).error?.message).toContain('nesterov needs a momentum');
  });
});
