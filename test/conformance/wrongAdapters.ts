import { z } from 'zod';
import type { Adapter } from '../../core/contracts/adapter.ts';
import { linear } from '../../core/tensor/ops/linear.ts';
import { withoutGradient } from '../../core/tensor/ops/withoutGradient.ts';
import { tf } from '../../core/tensor/tf.ts';
import { sound } from './soundAdapter.ts';
import type { SoundConfig, SoundOptions } from './soundAdapter.ts';

type Sound = Adapter<SoundConfig, SoundOptions>;

/** An adapter that is wrong in one way. */
export interface WrongAdapter {
  /** What it does wrong. */
  readonly wrong: string;
  readonly adapter: Sound;
  /** The behaviours in which it must fail, and no others. */
  readonly fails: readonly string[];
  /** What the message says, with method, layer and numbers. */
  readonly message: RegExp;
}

const sound2d = (layer: Parameters<Sound['merged']>[0]): tf.Tensor2D => sound.merged(layer).weight as tf.Tensor2D;

/** Where a gradient ends. */
export function stopped(tensor: tf.Tensor): tf.Tensor {
  return withoutGradient([tensor], (value) => tf.mul(value, 1));
}

let draws = 0;
let last: tf.Tensor | undefined;

/** The sound adapter whose merged weight goes through a function. */
function merging(change: (weight: tf.Tensor2D, layer: Parameters<Sound['merged']>[0]) => tf.Tensor): Partial<Sound> {
  return { merged: (layer) => ({ ...sound.merged(layer), weight: change(sound2d(layer), layer) }) };
}

function wrong(
  description: string,
  change: Partial<Sound>,
  fails: string | readonly string[],
  message: RegExp,
): WrongAdapter {
  const adapter: Sound = { ...sound, ...change };
  return { wrong: description, adapter, fails: typeof fails === 'string' ? [fails] : fails, message };
}

/** One wrong adapter for each way of being wrong. */
export const wrongAdapters: readonly WrongAdapter[] = [
  wrong(
    'accepts keys that it does not have',
    {
      config: z.object({
        r: z.int().min(1).default(2),
        target_modules: z.array(z.string()).default(['q_proj']),
      }),
    },
    'describes itself and its options',
    /adapter "sound": its configuration accepts a key "surprise"/,
  ),
  wrong('refuses its own example', { examples: [{ r: 0 }] }, 'describes itself and its options', /refuses \{"r":0\}/),
  wrong(
    'refuses its own example on the layers',
    { check: () => [{ severity: 'error', path: 'r', message: 'rank 2 is never right' }] },
    'accepts its configuration',
    /it refuses .* on the suite's model: adapter\.r: rank 2 is never right/,
  ),
  wrong(
    'writes to the base',
    {
      attach: (context) => {
        context.weight[1] = 9;
        return sound.attach(context);
      },
    },
    'writes to no weight of the base',
    /method attach, layer model\.layers\.0\.self_attn\.q_proj: it wrote to .*q_proj\.weight: value 1 was -?[\d.e-]+ and is 9/,
  ),
  wrong(
    'names two parameters alike',
    {
      attach: (context) => ({ parameters: [...sound.attach(context).parameters, ...sound.attach(context).parameters] }),
    },
    'names its parameters once each, by their layer',
    /layer model\.layers\.0\.self_attn\.q_proj: ".*q_proj\.a" is the name of two parameters/,
  ),
  wrong(
    'gives values that do not fit their shape',
    {
      attach: (context) => ({
        parameters: sound.attach(context).parameters.map((p) => ({ ...p, shape: [...p.shape, 2] })),
      }),
    },
    'writes to no weight of the base',
    /method attach, layer .*q_proj: gave 16 values of ".*q_proj\.a", whose shape is \[2, 8, 2\]/,
  ),
  wrong(
    'computes NaN',
    merging((weight) => tf.mul(weight, tf.sqrt(tf.scalar(-1)))),
    'computes finite outputs and gradients',
    /method \w+, layer model\.layers\.0\.self_attn\.q_proj: its output is not finite: value 0 of 40 is NaN/,
  ),
  wrong(
    'gives a weight of the wrong shape',
    merging((weight) => tf.reshape(weight, [-1])),
    'computes finite outputs and gradients',
    /adapter "sound", method merged, layer model\.layers\.0\.self_attn\.q_proj: gave a weight of shape \[64\], expected \[8, 8\]/,
  ),
  wrong(
    'throws',
    {
      merged: () => {
        throw new TypeError('cannot read properties of undefined');
      },
    },
    'computes finite outputs and gradients',
    /adapter "sound", method merged, layer model\.layers\.0\.self_attn\.q_proj failed: cannot read properties/,
  ),
  wrong(
    'tells a target that matches nothing by an error of its own',
    {
      targets: (config, layers) => {
        const found = layers.filter(({ module }) => config.target_modules.includes(module));
        if (found.length === 0) throw new Error('nothing found');
        return found;
      },
    },
    'refuses bad configurations with the right error',
    /method targets: a target that matches no layer gives plugin\/failed, expected adapter\/no-target/,
  ),
  wrong(
    'tells other shapes than it attaches',
    { shapes: () => [] },
    'tells the shapes that attach gives',
    /method shapes, layer model\.layers\.0\.self_attn\.q_proj: it tells \[\], attach gives \[\[/,
  ),
  wrong(
    'draws random numbers from elsewhere',
    {
      attach: (context) => {
        const [a, b] = sound.attach(context).parameters;
        draws += 1;
        return { parameters: [{ ...a!, values: a!.values.map((value) => value + draws) }, b!] };
      },
    },
    'starts the same way from the same seed',
    /method attach, layer .*q_proj: ".*q_proj\.a" differs the second time: value \d+ is -?[\d.]+, expected -?[\d.]+/,
  ),
  wrong(
    'says that it starts at the base, but does not',
    {
      attach: (context) => ({
        parameters: sound.attach(context).parameters.map((p) => ({ ...p, values: p.values.map((v) => v + 0.1) })),
      }),
    },
    'starts at the base if it says so, and only then',
    /method merged, layer .*: it says that it starts at the base, but .*\.weight is off by \d/,
  ),
  wrong(
    'says that it does not start at the base, but does',
    { isIdentityAtStart: () => false },
    'starts at the base if it says so, and only then',
    /method isIdentityAtStart: it says that it does not start at the base/,
  ),
  wrong(
    'computes another forward than it merges',
    { forward: (layer, x) => tf.mul(linear(x, sound2d(layer), layer.bias), 1.01) },
    [
      'merges to what its forward computes',
      'works on square, tall and wide layers',
      'works at rank 1 and at full rank, or refuses them',
      'works on layers whose weight is zero',
      'keeps the bias of a layer that has one, and works where none has',
    ],
    /method forward, layer .*q_proj: it is not x W' \+ b with the merged W' and b: value \d+ is/,
  ),
  wrong(
    'lets no gradient through to B',
    {
      merged: (layer) =>
        sound.merged({
          ...layer,
          parameter: (name) => (name === 'b' ? stopped(layer.parameter(name)) : layer.parameter(name)),
        }),
    },
    // B starts at zero, so without its gradient A has none either, and a step moves nothing.
    ['gives every trained tensor a gradient, and the right one', 'trains the tensors that it declares and no others'],
    /layer .*q_proj: no gradient reaches ".*q_proj\.b"/,
  ),
  wrong(
    'has a gradient that is not that of its value',
    merging((weight) => tf.sub(tf.mul(weight, 2), stopped(weight))),
    'gives every trained tensor a gradient, and the right one',
    /layer .*q_proj: ".*q_proj\.[ab]": its gradient at \d+ is -?[\d.]+, by finite differences it is -?[\d.]+/,
  ),
  wrong(
    'lets a layer see the parameters of the one before',
    {
      merged: (layer) => {
        const b = layer.parameter('b');
        const first = layer.layer.block === 0 && layer.layer.module === 'q_proj';
        if (first) last = b;
        const seen = first ? tf.scalar(0) : tf.mul(tf.sum(last!), 0.1);
        return { ...sound.merged(layer), weight: tf.add(sound.merged(layer).weight, seen) };
      },
    },
    [
      'lets no layer see what belongs to another, or to another model',
      'is the plain LoRA that it says it is',
      'works on square, tall and wide layers',
    ],
    /layer .*: its weight changes with the parameters of model\.layers\.0\.self_attn\.q_proj, which are not declared/,
  ),
  wrong(
    'moves a frozen tensor',
    {
      attach: (context) => {
        const extra = {
          ...sound.attach(context).parameters[0]!,
          name: `${context.layer.name}.place`,
          shape: [],
          trainable: false,
        };
        return { parameters: [...sound.attach(context).parameters, { ...extra, values: Float32Array.of(0) }] };
      },
      hooks: {
        afterStep: (_config, layers) => ({
          parameters: { [`${layers[0]!.layer.name}.place`]: tf.add(layers[0]!.before('place'), 1) },
        }),
      },
    },
    [
      'trains the tensors that it declares and no others',
      'goes on from a checkpoint as if it had never stopped, bit for bit',
    ],
    /place/,
  ),
  wrong(
    'keeps in the process what belongs into a checkpoint',
    {
      hooks: {
        scalars: () => ({ calls: (draws += 1) }),
        afterStep: (_config, layers, { extra }) => ({
          parameters: { [`${layers[0]!.layer.name}.a`]: tf.add(layers[0]!.after('a'), tf.mul(extra['calls']!, 0.001)) },
        }),
      },
    },
    'goes on from a checkpoint as if it had never stopped, bit for bit',
    /after a stop at step \d, ".*q_proj\.a" is another one at step \d: value \d+ is -?[\d.]+, expected -?[\d.]+/,
  ),
  wrong(
    'writes another tensor for PEFT than it has',
    {
      toPeft: (config, parameters, base) => {
        const { config: written, tensors } = sound.toPeft(config, parameters, base)!;
        const moved = [...tensors].map(
          ([name, { shape, values }]) => [name, { shape, values: values.map((v) => 2 * v) }] as const,
        );
        return { config: written, tensors: new Map(moved) };
      },
    },
    'means the same model after it was written for PEFT and read again',
    /method toPeft, layer .*q_proj: read again by "sound", .*q_proj\.weight is another one: value \d+ is/,
  ),
  wrong(
    'writes for PEFT what nothing reads',
    { fromPeft: () => ({ refused: 'never' }) },
    'means the same model after it was written for PEFT and read again',
    /method fromPeft: no adapter reads what toPeft gave\. "sound": never/,
  ),
  wrong(
    'says that it is another LoRA than it is',
    { loraForm: ({ parameter: find }) => ({ a: find('a'), b: find('b'), scaling: 2 }) },
    'is the plain LoRA that it says it is',
    /method loraForm, layer .*q_proj: W \+ s B A is not the merged weight: value \d+ is/,
  ),
  wrong(
    'divides by what a tall layer has too little of',
    merging((weight, { layer: { shape } }) => (shape[0]! > shape[1]! ? tf.div(weight, tf.scalar(0)) : weight)),
    'works on square, tall and wide layers',
    /method forward, layer .*up_proj: on a tall layer its output is not finite: value 0 of 60 is/,
  ),
  wrong(
    'breaks down at rank 1',
    merging((weight, { options }) => (options.rank === 1 ? tf.mul(weight, NaN) : weight)),
    'works at rank 1 and at full rank, or refuses them',
    /method forward, layer .*q_proj: at r = 1 its output is not finite/,
  ),
  wrong(
    'divides by the norm of the weight',
    merging((weight, { weight: base }) => tf.div(tf.mul(weight, tf.norm(base)), stopped(tf.norm(base)))),
    'works on layers whose weight is zero',
    /method forward, layer .*q_proj: on weights of zero its output is not finite: value 0 of 40 is NaN/,
  ),
  wrong(
    'forgets the bias',
    { merged: (layer) => ({ weight: sound2d(layer) }) },
    'keeps the bias of a layer that has one, and works where none has',
    /layer .*q_proj: the layer has a bias: its output does not depend on it/,
  ),
  wrong(
    'needs a bias',
    {
      merged: (layer) =>
        layer.layer.module === 'q_proj'
          ? { ...sound.merged(layer), bias: tf.add(layer.bias!, 0) }
          : sound.merged(layer),
    },
    'keeps the bias of a layer that has one, and works where none has',
    /method merged, layer .*q_proj failed: /,
  ),
];
