import { z } from 'zod';
import type { Adapter, LayerTensors, MergedLayer } from '../contracts/adapter.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { linear } from '../tensor/ops/linear.ts';
import type { tf } from '../tensor/tf.ts';
import { hooksOfOwnLayers } from './copiedHooks.ts';
import {
  copiedTensors,
  copySpecs,
  isCopiedLayer,
  ownBiasSpecs,
  ownTensors,
  withBaseValues,
  type LayerWithCopies,
  type OwnLayer,
} from './copiedLayers.ts';
import { isCopied, isKeptOff, tiedNames, unmatchedNames } from './copiedModules.ts';
import { sorted } from './peftFields.ts';
import { copiesForPeft, isCopyParameter, splitPeftTensors, type TrainedCopiesConfig } from './copiesInPeft.ts';

/** Which of the options that PEFT has beside a method's own its configuration class has. `modules_to_save` is always one. */
export interface TrainedCopiesOptions {
  /** The name by which `bias` trains the biases of the adapted layers alone (`lora_only`); left out where there is no `bias`. */
  readonly bias?: string;
  /** Whether there is `ensure_weight_tying`. */
  readonly tying?: boolean;
}

const savedModules = z
  .array(z.string().min(1))
  .nullish()
  .describe('Modules of which a full copy is trained and saved; endings of names, as in PEFT: "norm" means every norm');

const tyingField = z
  .boolean()
  .default(false)
  .describe('Tied models: train one copy for the embedding and the output head where modules_to_save names them');

function copyFields({ bias, tying }: TrainedCopiesOptions): Readonly<Record<string, z.ZodType>> {
  const chosen = bias === undefined ? undefined : z.enum(['none', 'all', bias]).default('none');
  const means = `Biases that are trained: none; all of the model's; ${bias}: those of the adapted layers`;
  return {
    modules_to_save: savedModules,
    ...(chosen === undefined ? {} : { bias: chosen.describe(means) }),
    ...(tying === true ? { ensure_weight_tying: tyingField } : {}),
  };
}

/** A configuration of the method with copies beside it, for the conformance suite: of a layer with a bias, of a norm, of all biases. */
function copiesExample(
  { examples }: Pick<Adapter, 'examples'>,
  { bias }: TrainedCopiesOptions,
): Readonly<Record<string, unknown>> {
  const modules = { modules_to_save: ['layers.1.self_attn.k_proj', 'model.norm'] };
  return { ...examples?.[0], ...modules, ...(bias === undefined ? {} : { bias: 'all' }) };
}

/** How an adapter's layers are chosen, and what each is to it. */
function layerChoice<Config, LayerOptions extends object>(
  adapter: Adapter<Config, LayerOptions>,
  options: TrainedCopiesOptions,
): Pick<Adapter<Config & TrainedCopiesConfig, LayerWithCopies<LayerOptions>>, 'targets' | 'plan' | 'check'> {
  type Wide = Config & TrainedCopiesConfig;
  const ownTargets = (config: Wide, layers: readonly TargetLayer[]): readonly TargetLayer[] => {
    const names = config.modules_to_save ?? [];
    return adapter.targets(
      config,
      layers.filter(({ name }) => !isKeptOff(names, name)),
    );
  };
  return {
    targets(config, layers) {
      const ensured = options.tying === true ? config.ensure_weight_tying : undefined;
      const names = tiedNames({ names: config.modules_to_save ?? [], ensured }, layers);
      const own = new Set(ownTargets(config, layers).map(({ name }) => name));
      const twice = layers.find(({ name }) => own.has(name) && isCopied(names, name));
      if (twice === undefined) {
        return layers.filter(
          ({ name, hasBias }) => own.has(name) || isCopied(names, name) || (config.bias === 'all' && hasBias),
        );
      }
      throw new RlvrError(
        'adapter/invalid',
        `modules_to_save [${names.join(', ')}] means ${twice.name} too, because its name ends so, but that layer is adapted already. ` +
          'Write a longer ending, or leave the layer out of target_modules.',
        { layer: twice.name, modules_to_save: names },
      );
    },
    plan(config, targets, random, calibration) {
      const { layers, shared } = adapter.plan(config, ownTargets(config, targets), random, calibration);
      const trainsBias = config.bias !== undefined && config.bias !== 'none';
      const optionsOf = ({ name, hasBias }: TargetLayer): LayerWithCopies<LayerOptions> => {
        const own = layers.get(name);
        if (own !== undefined) return trainsBias && hasBias ? { ...own, trainsBias: true } : own;
        // What is there without its bias being all that is trained is copied whole; so is a tied embedding that the head's name means.
        return { trainedCopy: isCopied(config.modules_to_save ?? [], name) || !hasBias ? 'module' : 'bias' };
      };
      return { layers: new Map(targets.map((layer) => [layer.name, optionsOf(layer)])), shared };
    },
    check(config, targets, totalSteps) {
      const own = adapter.check?.(config, ownTargets(config, targets), totalSteps) ?? [];
      const unmatched = unmatchedNames(config.modules_to_save ?? [], targets).map(
        (name) => ({ severity: 'warning', path: 'modules_to_save', message: `"${name}" matches no module` }) as const,
      );
      return [...own, ...unmatched];
    },
  };
}

/** What a layer computes: the method's for its own layers, with the trained bias where there is one; else the copies alone. */
function layerMathematics<Config, LayerOptions extends object>({
  merged,
  forward,
  loraForm,
}: Adapter<Config, LayerOptions>): Pick<
  Adapter<Config, LayerWithCopies<LayerOptions>>,
  'merged' | 'forward' | 'loraForm'
> {
  type Own<Layer> = Layer & { readonly options: OwnLayer<LayerOptions> };
  const copied = (layer: LayerTensors<LayerWithCopies<LayerOptions>>): MergedLayer | undefined =>
    isCopiedLayer(layer.options) ? copiedTensors(layer, layer.options) : undefined;
  return {
    merged: (layer) => copied(layer) ?? merged(ownTensors(layer as Own<typeof layer>)),
    ...(forward === undefined
      ? {}
      : {
          forward: (layer, x) => {
            const copy = copied(layer);
            if (copy === undefined) return forward(ownTensors(layer as Own<typeof layer>), x);
            return linear(x, copy.weight as tf.Tensor2D, copy.bias);
          },
        }),
    ...(loraForm === undefined
      ? {}
      : {
          loraForm: (values) => {
            const { options } = values;
            if (isCopiedLayer(options) || options.trainsBias === true) return undefined;
            return loraForm({ ...values, options });
          },
        }),
  };
}

/** Conversion of the copies; the rest is the method's. */
function peftConversion<Config, LayerOptions>(
  adapter: Adapter<Config, LayerOptions>,
  fields: Readonly<Record<string, z.ZodType>>,
): Pick<Adapter<Config & TrainedCopiesConfig, LayerOptions>, 'toPeft' | 'fromPeft'> {
  const added = z.object(fields);
  return {
    toPeft(config, parameters, baseModel) {
      const own = parameters.filter((parameter) => !isCopyParameter(parameter));
      const peft = adapter.toPeft(config, own, baseModel);
      if (peft === undefined) return undefined;
      const given = Object.entries(config as TrainedCopiesConfig).filter(
        ([name, value]) => name in fields && value !== undefined,
      );
      const copies = copiesForPeft(parameters.filter(isCopyParameter), config.ensure_weight_tying === true);
      return {
        config: sorted({ ...peft.config, ...Object.fromEntries(given) }),
        tensors: new Map([...peft.tensors, ...copies]),
      };
    },
    fromPeft({ config, tensors }) {
      const given = Object.fromEntries(Object.entries(config).filter(([name]) => name in fields));
      const read = added.safeParse(given);
      if (!read.success) return { refused: `adapter_config.json does not fit: ${z.prettifyError(read.error)}` };
      const choice = read.data as TrainedCopiesConfig;
      const { copies, own } = splitPeftTensors(tensors, choice);
      const rest = Object.fromEntries(Object.entries(config).filter(([name]) => !(name in fields)));
      const inner = adapter.fromPeft({ config: rest, tensors: own });
      if ('refused' in inner) return inner;
      return { config: { ...inner.config, ...choice }, parameters: new Map([...inner.parameters, ...copies]) };
    },
  };
}

/**
 * A method with what PEFT trains beside it: `modules_to_save`, full copies of other modules, and `bias`, where the method's class has it.
 * The method keeps its own configuration and sees its own layers alone; the added fields, layers and parameters are dealt with here.
 *
 * @throws RlvrError `config/unknown-plugin` where the adapter's configuration is not an object of fields
 */
export function withTrainedCopies<Config, LayerOptions extends object>(
  adapter: Adapter<Config, LayerOptions>,
  options: TrainedCopiesOptions = {},
): Adapter<Config & TrainedCopiesConfig, LayerWithCopies<LayerOptions>> {
  const { config, shapes, hooks } = adapter;
  if (!(config instanceof z.ZodObject)) {
    const message = `The configuration of the adapter "${adapter.id}" has no fields, so none can be added to it.`;
    throw new RlvrError('config/unknown-plugin', message, { adapter: adapter.id });
  }
  const fields = copyFields(options);
  return {
    ...(adapter as unknown as Adapter<Config & TrainedCopiesConfig, LayerWithCopies<LayerOptions>>),
    examples: [...(adapter.examples ?? []), copiesExample(adapter, options)],
    config: config.safeExtend(fields) as unknown as z.ZodType<Config & TrainedCopiesConfig>,
    ...layerChoice(adapter, options),
    ...layerMathematics(adapter),
    ...peftConversion(adapter, fields),
    attach(context) {
      const { layer, options: chosen } = context;
      if (isCopiedLayer(chosen)) return { parameters: withBaseValues(copySpecs(layer, chosen), context) };
      const attached = adapter.attach({ ...context, options: chosen });
      const biases = withBaseValues(ownBiasSpecs(layer, chosen), context);
      return { ...attached, parameters: [...attached.parameters, ...biases] };
    },
    ...(shapes === undefined
      ? {}
      : {
          shapes: (layer, chosen) =>
            isCopiedLayer(chosen)
              ? copySpecs(layer, chosen)
              : [...shapes(layer, chosen), ...ownBiasSpecs(layer, chosen)],
        }),
    ...(hooks === undefined ? {} : { hooks: hooksOfOwnLayers(hooks) }),
  };
}
