import { z } from 'zod';
import type { Adapter, LayerTensors, PeftRefusal } from '../../core/contracts/adapter.ts';
import type { InitialParameter } from '../../core/contracts/parameter.ts';
import { lowRankForward } from '../../core/lowrank/lowRankForward.ts';
import { matrixShape } from '../../core/lowrank/matrixShape.ts';
import { mergedLayer } from '../../core/lowrank/mergedLayer.ts';
import { readPeft, writePeft, type PeftMethod } from '../../core/lowrank/peftMethod.ts';
import { checkTargets, matchTargets, queryValueTargets, unusedNames } from '../../core/lowrank/targets.ts';
import { withTrainedCopies } from '../../core/lowrank/trainedCopies.ts';
import { mersenneTwister, torchUniform } from '../../core/lowrank/torchUniform.ts';
import { mergeLowRank, type LowRank } from '../../core/tensor/ops/lowRankLinear.ts';
import { tf } from '../../core/tensor/tf.ts';

const schema = z
  .strictObject({
    r: z.int().min(1).default(256).describe('Rank of the shared projections'),
    ...queryValueTargets,
    projection_prng_key: z.int().min(0).default(0).describe('Seed of the projections, whatever the seed of the run'),
    save_projection: z
      .boolean()
      .default(true)
      .describe('Whether files of PEFT hold the projections; without them they are drawn again from the key'),
    vera_dropout: z.number().min(0).lt(1).default(0).describe('Dropout on the input of the update while training'),
    d_initial: z.number().default(0.1).describe('What lambda_d starts at'),
    init_weights: z.boolean().default(true).describe('true: lambda_b starts at 0; false: lambda_d normal, lambda_b 1'),
  })
  .check(checkTargets);

type Config = z.output<typeof schema>;

interface LayerOptions {
  readonly rank: number;
  readonly dropout: number;
  /** What lambda_d starts at; undefined where both vectors start away from PEFT's default. */
  readonly start: number | undefined;
}

const [sharedA, sharedB] = ['vera_A', 'vera_B'] as const;

/* eslint-disable no-restricted-syntax -- PEFT's file writes null where an option is not set */
const method: PeftMethod = {
  type: 'VERA',
  fixed: { bias: 'none', fan_in_fan_out: false, modules_to_save: null },
  targetOptions: ['layers_pattern', 'layers_to_transform'],
  endings: { '.vera_lambda_b': '.vera_lambda_b', '.vera_lambda_d': '.vera_lambda_d' },
  shared: { [sharedA]: `base_model.${sharedA}`, [sharedB]: `base_model.${sharedB}` },
};
/* eslint-enable no-restricted-syntax */

/** A [r, largest in] and B [largest out, r], uniform as PEFT draws them: A first, bounds sqrt(6 / fan-in). */
function projections(config: Config, out: number, inputs: number): readonly InitialParameter[] {
  const next = mersenneTwister(config.projection_prng_key);
  const drawn = (name: string, rows: number, columns: number): InitialParameter => ({
    name,
    role: 'matrix',
    shape: [rows, columns],
    trainable: false,
    scaling: 1,
    values: torchUniform(next, rows * columns, Math.sqrt(3) * (Math.SQRT2 / Math.sqrt(columns))),
  });
  return [drawn(sharedA, config.r, inputs), drawn(sharedB, out, config.r)];
}

/** The update as B A with B = diag(lambda_b) B[:out] and A = diag(lambda_d) A[:, :in]. */
function partsOf({ layer, weight, options: { rank }, parameter }: LayerTensors<LayerOptions>): LowRank {
  const [out, inputs] = matrixShape(layer);
  const a = tf.slice(parameter(sharedA), [0, 0], [rank, inputs]);
  const b = tf.slice(parameter(sharedB), [0, 0], [out, rank]);
  return {
    weight: weight as tf.Tensor2D,
    a: tf.mul(tf.expandDims(parameter('vera_lambda_d'), 1), a),
    b: tf.mul(tf.expandDims(parameter('vera_lambda_b'), 1), b),
    scaling: 1,
  };
}

/** Why an adapter without (one of) its projections cannot be read; undefined where they can be drawn again from its key. */
function missingProjection(
  config: Readonly<Record<string, unknown>>,
  names: ReadonlySet<string>,
): PeftRefusal | undefined {
  const missing = [sharedA, sharedB].filter((name) => !names.has(name));
  if (missing.length === 0) return undefined;
  if (config['save_projection'] === false && missing.length === 2) {
    if (typeof config['projection_prng_key'] === 'number') return undefined;
    return { refused: 'it holds no projections, and no projection_prng_key from which they could be drawn again' };
  }
  const said = 'its adapter_config.json says that they are stored (save_projection)';
  return { refused: `its projections ${missing.join(' and ')} are missing although ${said}: the file is incomplete` };
}

const own: Adapter<Config, LayerOptions> = {
  id: 'vera',
  summary: 'Trained scales of random projections that all layers share',
  source: 'VeRA, arXiv 2310.11454; configuration of peft.VeraConfig',
  formula: 'W + diag(lambda_b) B diag(lambda_d) A, A and B random, shared and frozen',
  config: schema,
  aliases: { rank: 'r', dropout: 'vera_dropout' },
  examples: [
    { r: 3, vera_dropout: 0.1, d_initial: 0.5, target_modules: ['q_proj', 'v_proj', 'down_proj'] },
    { r: 2, target_modules: 'all-linear', init_weights: false, projection_prng_key: 7, save_projection: false },
  ],
  isIdentityAtStart: (config) => config.init_weights,
  usesDropout: (config) => config.vera_dropout > 0,
  targets: (config, layers) => matchTargets(config, layers, ['linear']),
  plan(config, targets) {
    const shapes = targets.map(matrixShape);
    const out = Math.max(...shapes.map(([rows]) => rows));
    const inputs = Math.max(...shapes.map(([, columns]) => columns));
    const start = config.init_weights ? config.d_initial : undefined;
    const options = { rank: config.r, dropout: config.vera_dropout, start };
    return {
      layers: new Map(targets.map(({ name }) => [name, options])),
      shared: projections(config, out, inputs),
    };
  },
  attach({ layer, options: { rank, start }, random }) {
    const [out] = matrixShape(layer);
    const common = { role: 'vector', trainable: true, layer, scaling: 1 } as const;
    const d = start === undefined ? random.normals(rank) : new Float32Array(rank).fill(start);
    const b = new Float32Array(out).fill(start === undefined ? 1 : 0);
    return {
      parameters: [
        { ...common, name: `${layer.name}.vera_lambda_b`, shape: [out], values: b },
        { ...common, name: `${layer.name}.vera_lambda_d`, shape: [rank], values: d },
      ],
    };
  },
  merged: (layer) => mergedLayer(mergeLowRank(partsOf(layer)), layer),
  forward: (layer, x) => lowRankForward(layer, partsOf(layer), layer.options.dropout, x),
  loraForm({ layer, options: { rank }, parameter }) {
    const [out, inputs] = matrixShape(layer);
    const [a, d] = [parameter(sharedA), parameter('vera_lambda_d').values];
    const [b, scales] = [parameter(sharedB), parameter('vera_lambda_b').values];
    const stride = a.shape[1] ?? 0;
    const rows = Float32Array.from({ length: rank * inputs }, (_, at) => {
      const row = Math.floor(at / inputs);
      return (d[row] ?? 0) * (a.values[row * stride + (at % inputs)] ?? 0);
    });
    const columns = Float32Array.from({ length: out * rank }, (_, at) => {
      return (scales[Math.floor(at / rank)] ?? 0) * (b.values[at] ?? 0);
    });
    return { a: { shape: [rank, inputs], values: rows }, b: { shape: [out, rank], values: columns }, scaling: 1 };
  },
  check: (config, targets) => unusedNames(config, targets),
  peftType: 'VERA',
  toPeft(config, parameters, baseModel) {
    const { r, projection_prng_key, save_projection, vera_dropout, d_initial, init_weights } = config;
    const own = { r, projection_prng_key, save_projection, vera_dropout, d_initial, init_weights };
    const stored = parameters.filter(({ layer }) => save_projection || layer !== undefined);
    return writePeft(method, own, config, stored, baseModel);
  },
  fromPeft(adapter) {
    const read = readPeft(method, schema, adapter);
    if ('refused' in read) return read;
    return missingProjection(adapter.config, new Set(read.parameters.keys())) ?? read;
  },
};

/**
 * VeRA (arXiv 2310.11454): W x + lambda_b * (B (lambda_d * (A x))) with A and B random, frozen and shared by all layers; a layer takes the
 * first columns of A [r, largest in] and the first rows of B [largest out, r]. They are drawn from `projection_prng_key` with torch's
 * generator, so that an adapter that PEFT saved without them can be read. Linear layers only.
 */
export const vera = withTrainedCopies(own, { bias: 'vera_only' });
