import { z } from 'zod';
import type { Adapter } from '../../../core/contracts/adapter.ts';
import type { InitialParameter } from '../../../core/contracts/parameter.ts';
import { matrixShape } from '../../../core/lowrank/matrixShape.ts';
import { checkTargets, matchTargets, queryValueTargets } from '../../../core/lowrank/targets.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { anotherMethod, readPeft, writePeft } from './peftFiles.ts';

const schema = z
  .strictObject({
    r: z.int().min(1).default(256),
    d_initial: z.number().default(0.1),
    save_projection: z.literal(true).default(true),
    ...queryValueTargets,
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

interface LayerOptions {
  readonly rank: number;
  readonly start: number;
}

const endings = {
  '.vera_lambda_b': '.vera_lambda_b',
  '.vera_lambda_d': '.vera_lambda_d',
};
const [sharedA, sharedB] = ['vera_A', 'vera_B'];

/** VeRA (arXiv 2310.11454): dW = diag(b) B[:out] diag(d) A[:, :in] with A and B random, frozen, and shared by all layers. */
export const vera: Adapter<Config, LayerOptions> = {
  id: 'vera',
  summary: 'Trained scales of shared random projections',
  source: 'arXiv 2310.11454',
  formula: '',
  config: schema,
  isIdentityAtStart: () => true,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan(config, targets, random) {
    const shapes = targets.map(matrixShape);
    const [out, inputs] = [
      Math.max(...shapes.map(([rows]) => rows)),
      Math.max(...shapes.map(([, columns]) => columns)),
    ];
    const projection = (name: string, shape: readonly [number, number], fanIn: number): InitialParameter => ({
      name,
      role: 'matrix',
      shape,
      trainable: false,
      scaling: 1,
      values: random.uniforms(shape[0] * shape[1]).map((value) => (2 * value - 1) * Math.sqrt(6 / fanIn)),
    });
    return {
      layers: new Map(targets.map(({ name }) => [name, { rank: config.r, start: config.d_initial }])),
      shared: [projection(sharedA, [config.r, inputs], inputs), projection(sharedB, [out, config.r], config.r)],
    };
  },
  attach({ layer, options: { rank, start } }) {
    const [out] = matrixShape(layer);
    const common = { role: 'vector', trainable: true, layer, scaling: 1 } as const;
    return {
      parameters: [
        { ...common, name: `${layer.name}.vera_lambda_d`, shape: [rank], values: new Float32Array(rank).fill(start) },
        { ...common, name: `${layer.name}.vera_lambda_b`, shape: [out], values: new Float32Array(out) },
      ],
    };
  },
  merged({ layer, weight, bias, options: { rank }, parameter }) {
    const [out, inputs] = matrixShape(layer);
    const a = tf.slice(parameter(sharedA), [0, 0], [rank, inputs]) as tf.Tensor2D;
    const b = tf.slice(parameter(sharedB), [0, 0], [out, rank]) as tf.Tensor2D;
    const scaledA = tf.mul<tf.Tensor2D>(tf.expandDims(parameter('vera_lambda_d'), 1), a);
    const update = tf.mul(tf.expandDims(parameter('vera_lambda_b'), 1), tf.matMul(b, scaledA));
    return { weight: tf.add(weight, update), ...(bias === undefined ? {} : { bias }) };
  },
  toPeft(config, parameters) {
    const { config: fields, tensors } = writePeft('VERA', config, parameters, endings);
    const shared = parameters
      .filter(({ name }) => name === sharedA || name === sharedB)
      .map(({ name, shape, values }) => [`base_model.${name}`, { shape, values }] as const);
    return { config: fields, tensors: new Map([...tensors, ...shared]) };
  },
  fromPeft(adapter) {
    const read = readPeft(adapter, 'VERA', endings);
    if (read === undefined) return anotherMethod;
    for (const name of [sharedA, sharedB]) {
      const tensor = adapter.tensors.get(`base_model.${name}`);
      if (tensor !== undefined) read.parameters.set(name, tensor);
    }
    return { config: schema.parse(read.fields), parameters: read.parameters };
  },
};
