import { z } from 'zod';
import type { Adapter, LayerStep, LayerTensors } from '../../../core/contracts/adapter.ts';
import type { TargetLayer } from '../../../core/contracts/parameter.ts';
import { matrixShape } from '../../../core/lowrank/matrixShape.ts';
import { checkTargets, matchTargets, queryValueTargets } from '../../../core/lowrank/targets.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { expandRanks, keepRanks } from './adaloraRanks.ts';
import { anotherMethod, readPeft, writePeft } from './peftFiles.ts';

const schema = z
  .strictObject({
    init_r: z.int().min(1).default(12),
    target_r: z.int().min(1).default(8),
    lora_alpha: z.number().positive().default(8),
    tinit: z.int().min(0).default(0),
    tfinal: z.int().min(0).default(0),
    deltaT: z.int().min(1).default(1),
    beta1: z.number().min(0).max(1).default(0.85),
    beta2: z.number().min(0).max(1).default(0.85),
    orth_reg_weight: z.number().min(0).default(0.5),
    ...queryValueTargets,
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

const factors = ['lora_A', 'lora_B', 'lora_E'] as const;
type Factor = (typeof factors)[number];

interface LayerOptions {
  readonly rank: number;
  readonly scaling: number;
  /** Shapes of A, B and E. */
  readonly shapes: Readonly<Record<Factor, readonly [number, number]>>;
}

const endings = { '.lora_A': '.lora_A', '.lora_B': '.lora_B', '.lora_E': '.lora_E' };

function covariance(layer: LayerTensors<LayerOptions>, name: 'lora_A' | 'lora_B'): tf.Tensor2D {
  const factor = layer.parameter(name) as tf.Tensor2D;
  return name === 'lora_A' ? tf.matMul(factor, factor, false, true) : tf.matMul(factor, factor, true);
}

/** How many triplets are kept at a step: all until tinit, then a cubic decay, then the target. */
function budget(config: Config, layers: number, step: number, totalSteps: number): number {
  const [first, last] = [config.init_r * layers, config.target_r * layers];
  if (step <= config.tinit) return first;
  if (step > totalSteps - config.tfinal) return last;
  const left = 1 - (step - config.tinit) / (totalSteps - config.tfinal - config.tinit);
  return Math.trunc((first - last) * left ** 3 + last);
}

/** The moving averages of a factor's importance |p g| and of its deviation. */
function averages(
  config: Config,
  layer: LayerStep<LayerOptions>,
  factor: Factor,
  collects: tf.Tensor,
): { readonly mean: tf.Tensor; readonly deviation: tf.Tensor } {
  const importance = tf.abs(tf.mul(layer.after(factor), layer.gradient(factor)));
  const [mean, deviation] = [layer.state(`${factor}.mean`), layer.state(`${factor}.deviation`)];
  const moved = (old: tf.Tensor, value: tf.Tensor, beta: number): tf.Tensor =>
    tf.add(old, tf.mul(tf.mul(tf.sub(value, old), 1 - beta), collects));
  const newMean = moved(mean, importance, config.beta1);
  return { mean: newMean, deviation: moved(deviation, tf.abs(tf.sub(importance, newMean)), config.beta2) };
}

/** AdaLoRA (arXiv 2303.10512): dW = B diag(E) A with triplets pruned over all layers by importance, as PEFT schedules it. */
export const adalora: Adapter<Config, LayerOptions> = {
  id: 'adalora',
  summary: 'Low-rank update whose triplets are pruned while training',
  source: 'arXiv 2303.10512',
  formula: '',
  config: schema,
  isIdentityAtStart: () => true,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan: (config, targets) => {
    const rank = config.init_r;
    const scaling = config.lora_alpha / (rank + 1e-5);
    const optionsOf = (layer: TargetLayer): LayerOptions => {
      const [out, inputs] = matrixShape(layer);
      return { rank, scaling, shapes: { lora_A: [rank, inputs], lora_B: [out, rank], lora_E: [rank, 1] } };
    };
    return { layers: new Map(targets.map((layer) => [layer.name, optionsOf(layer)])), shared: [] };
  },
  attach({ layer, options: { rank, scaling, shapes }, random }) {
    const small = ([rows, columns]: readonly [number, number]): Float32Array =>
      random.normals(rows * columns).map((value) => 0.02 * value);
    const common = { layer, scaling, trainable: true } as const;
    const ofE = { shape: shapes.lora_E, role: 'lora_E' } as const;
    return {
      parameters: [
        { ...common, name: `${layer.name}.lora_A`, role: 'lora_A', shape: shapes.lora_A, values: small(shapes.lora_A) },
        { ...common, name: `${layer.name}.lora_B`, role: 'lora_B', shape: shapes.lora_B, values: small(shapes.lora_B) },
        { ...common, ...ofE, name: `${layer.name}.lora_E`, values: new Float32Array(rank) },
        {
          ...common,
          ...ofE,
          name: `${layer.name}.mask`,
          trainable: false,
          movedByHook: true,
          values: new Float32Array(rank).fill(1),
        },
      ],
    };
  },
  merged({ weight, bias, options, parameter }) {
    const scaledA = tf.mul<tf.Tensor2D>(parameter('lora_E'), parameter('lora_A'));
    const update = tf.matMul(parameter('lora_B'), scaledA);
    return { weight: tf.add(weight, tf.mul(update, options.scaling)), ...(bias === undefined ? {} : { bias }) };
  },
  hooks: {
    state: (_config, { layers }) =>
      [...layers].flatMap(([layer, { shapes }]) =>
        factors.flatMap((factor) =>
          ['mean', 'deviation'].map((what) => ({
            name: `${layer}.${factor}.${what}`,
            shape: shapes[factor],
            values: new Float32Array(shapes[factor][0] * shapes[factor][1]),
          })),
        ),
      ),
    scalars(config, plan, step, totalSteps) {
      const layers = plan.layers.size;
      const end = totalSteps - config.tfinal;
      const isDue = step > config.tinit && step % config.deltaT === 0;
      const decides = step === end || (step < end && isDue);
      const pruned = config.init_r * layers - budget(config, layers, step, totalSteps);
      return { collects: Number(step < end), decides: Number(decides), applies: Number(decides || step > end), pruned };
    },
    penalty(config, layers) {
      const norms = layers.flatMap((layer) =>
        (['lora_A', 'lora_B'] as const).map((name) => {
          const difference = tf.sub(covariance(layer, name), tf.eye(layer.options.rank));
          return tf.sqrt(tf.sum<tf.Scalar>(tf.square(difference)));
        }),
      );
      return tf.mul(tf.addN<tf.Scalar>(norms), config.orth_reg_weight / norms.length);
    },
    afterStep(config, layers, { extra }) {
      const scalar = (name: string): tf.Scalar => extra[name] ?? tf.scalar(0);
      const state: Record<string, tf.Tensor> = {};
      const scores = layers.map((layer) => {
        const parts = factors.map((factor) => {
          const { mean, deviation } = averages(config, layer, factor, scalar('collects'));
          state[`${layer.layer.name}.${factor}.mean`] = mean;
          state[`${layer.layer.name}.${factor}.deviation`] = deviation;
          const score = tf.mul(mean, deviation);
          return factor === 'lora_E' ? tf.reshape(score, [-1]) : tf.mean(score, factor === 'lora_A' ? 1 : 0);
        });
        return tf.addN(parts) as tf.Tensor1D;
      });
      const all = tf.concat(scores);
      const smaller = tf.sum(tf.cast(tf.less(tf.expandDims(all, 0), tf.expandDims(all, 1)), 'float32'), 1);
      const kept = tf.cast(tf.greaterEqual(smaller, scalar('pruned')), 'float32');
      const parameters: Record<string, tf.Tensor> = {};
      const masks = layers.map((layer, i) => {
        const { rank } = layer.options;
        const own = tf.reshape(tf.slice(kept, [i * rank], [rank]), [rank, 1]);
        const mask = blend(layer.before('mask'), own, scalar('decides'));
        parameters[`${layer.layer.name}.mask`] = mask;
        const masked = blend(tf.onesLike(mask), mask, scalar('applies'));
        parameters[`${layer.layer.name}.lora_E`] = tf.mul(layer.after('lora_E'), masked);
        return tf.sum<tf.Scalar>(mask);
      });
      return { parameters, state, metrics: { budget: tf.addN(masks) } };
    },
  },
  toPeft(config, parameters) {
    const { pruned, pattern } = keepRanks(parameters);
    return writePeft('ADALORA', { ...config, rank_pattern: pattern }, pruned, endings);
  },
  fromPeft(adapter) {
    const read = readPeft(adapter, 'ADALORA', endings);
    if (read === undefined) return anotherMethod;
    const { rank_pattern: pattern, ...fields } = read.fields;
    return {
      config: schema.parse(fields),
      parameters: expandRanks(read.parameters, z.record(z.string(), z.array(z.boolean())).parse(pattern)),
    };
  },
};

function blend(old: tf.Tensor, fresh: tf.Tensor, share: tf.Scalar): tf.Tensor {
  return tf.add(old, tf.mul(tf.sub(fresh, old), share));
}
