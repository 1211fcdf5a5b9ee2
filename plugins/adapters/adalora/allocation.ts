import type { AdapterHooks, AdapterPlan, HookState, LayerStep, LayerTensors } from '../../../core/contracts/adapter.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { factors, MASK, TOTAL_STEP, type Config, type Factor, type LayerOptions } from './options.ts';
import { scheduledStep } from './schedule.ts';

/** P P^T of A, P^T P of B: [r, r]. */
function covariance(layer: LayerTensors<LayerOptions>, name: 'lora_A' | 'lora_B'): tf.Tensor2D {
  const factor = layer.parameter(name) as tf.Tensor2D;
  return name === 'lora_A' ? tf.matMul(factor, factor, false, true) : tf.matMul(factor, factor, true);
}

/** orth_reg_weight times the mean of ||P P^T - I||_F over all A and B. */
function penalty(config: Config, layers: readonly LayerTensors<LayerOptions>[]): tf.Scalar {
  const norms = layers.flatMap((layer) =>
    (['lora_A', 'lora_B'] as const).map((name) => {
      const difference = tf.sub(covariance(layer, name), tf.eye(layer.options.rank));
      return tf.sqrt(tf.sum<tf.Scalar>(tf.square(difference)));
    }),
  );
  return tf.mul(tf.addN<tf.Scalar>(norms), config.orth_reg_weight / norms.length);
}

/** The averages that are kept of each factor: importance |p g|, and how far it is from its average. */
const averaged = ['exp_avg_ipt', 'exp_avg_unc'] as const;

function averages(_config: Config, { layers }: AdapterPlan<LayerOptions>): readonly HookState[] {
  return [...layers].flatMap(([layer, { shapes }]) =>
    factors.flatMap((factor) =>
      averaged.map((name) => {
        const shape = shapes[factor];
        return { name: `${layer}.${factor}.${name}`, shape, values: new Float32Array(shape[0] * shape[1]) };
      }),
    ),
  );
}

/** `fresh` where `share` is 1, `old` where it is 0, bit for bit. */
function chosen(old: tf.Tensor, fresh: tf.Tensor, share: tf.Scalar): tf.Tensor {
  return tf.where(tf.greater(share, 0.5), fresh, old);
}

/** A factor's averages after the step: of the gradient of before it times the value of after it. */
function movedAverages(
  config: Config,
  layer: LayerStep<LayerOptions>,
  factor: Factor,
  collects: tf.Scalar,
): Readonly<Record<(typeof averaged)[number], tf.Tensor>> {
  const importance = tf.abs(tf.mul(layer.after(factor), layer.gradient(factor)));
  const moved = (name: (typeof averaged)[number], value: tf.Tensor, beta: number): tf.Tensor => {
    const old = layer.state(`${factor}.${name}`);
    return chosen(old, tf.add(tf.mul(old, beta), tf.mul(value, 1 - beta)), collects);
  };
  const mean = moved('exp_avg_ipt', importance, config.beta1);
  return { exp_avg_ipt: mean, exp_avg_unc: moved('exp_avg_unc', tf.abs(tf.sub(importance, mean)), config.beta2) };
}

/** A triplet's score: that of its E, and the means of its row of A and its column of B. [r] */
function scoresOf(scores: Readonly<Record<Factor, tf.Tensor>>): tf.Tensor1D {
  return tf.addN<tf.Tensor1D>([
    tf.reshape(scores.lora_E, [-1]),
    tf.mean<tf.Tensor1D>(scores.lora_A, 1),
    tf.mean<tf.Tensor1D>(scores.lora_B, 0),
  ]);
}

/** 1 for each score above the `pruned`-th smallest: at least so many are smaller. */
function keptOf(scores: tf.Tensor1D, pruned: tf.Scalar): tf.Tensor1D {
  const isSmaller = tf.less(tf.expandDims(scores, 0), tf.expandDims(scores, 1));
  return tf.cast(tf.greaterEqual(tf.sum(tf.cast(isSmaller, 'float32'), 1), pruned), 'float32');
}

type AfterStepHook = NonNullable<AdapterHooks<Config, LayerOptions>['afterStep']>;

const afterStep: AfterStepHook = (config, layers, { extra }) => {
  const scalar = (name: string): tf.Scalar => extra[name] ?? tf.scalar(0);
  const state: Record<string, tf.Tensor> = {};
  const scores = layers.map((layer) => {
    const products = factors.map((factor) => {
      const moved = movedAverages(config, layer, factor, scalar('collects'));
      for (const name of averaged) state[`${layer.layer.name}.${factor}.${name}`] = moved[name];
      return [factor, tf.mul(moved.exp_avg_ipt, moved.exp_avg_unc)] as const;
    });
    return scoresOf(Object.fromEntries(products) as Record<Factor, tf.Tensor>);
  });
  const kept = keptOf(tf.concat(scores), scalar('pruned'));
  const parameters: Record<string, tf.Tensor> = { [TOTAL_STEP]: tf.reshape(scalar('total'), [1]) };
  const ranks = layers.map((layer, i) => {
    const { rank } = layer.options;
    const decided = tf.reshape(tf.slice(kept, [i * rank], [rank]), [rank, 1]);
    const mask = chosen(layer.before(MASK), decided, scalar('decides'));
    const masked = tf.mul(layer.after('lora_E'), mask);
    parameters[`${layer.layer.name}.${MASK}`] = mask;
    parameters[`${layer.layer.name}.lora_E`] = chosen(layer.after('lora_E'), masked, scalar('applies'));
    return tf.sum<tf.Scalar>(mask);
  });
  const all = tf.stack(ranks);
  return {
    parameters,
    state,
    metrics: { budget: scalar('budget'), rank_mean: tf.mean(all), rank_min: tf.min(all), rank_max: tf.max(all) },
  };
};

/** AdaLoRA's penalty, and its allocation of ranks over all layers after each step, as PEFT makes it. */
export const allocation: AdapterHooks<Config, LayerOptions> = {
  state: averages,
  scalars: (config, { layers }, step, totalSteps) => ({ ...scheduledStep(config, layers.size, step, totalSteps) }),
  penalty,
  afterStep,
};
