import { z } from 'zod';
import type { Adapter } from '../contracts/adapter.ts';
import type { InitialParameter, ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { firstProblems } from '../firstProblems.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import { targetLayers } from './adapterTargets.ts';
import type { Policy } from './policy.ts';

const shape = z.array(z.int().min(0));

const layerSchema = z.strictObject({
  name: z.string(),
  module: z.string(),
  kind: z.enum(['linear', 'norm', 'embedding']),
  shape,
  hasBias: z.boolean(),
  block: z.int().min(0).exactOptional(),
  /** What `plan` decided for it; left out where that is nothing. */
  options: z.unknown().optional(),
});

const parameterSchema = z.strictObject({
  name: z.string(),
  role: z.enum([
    'weight',
    'bias',
    'norm',
    'embedding',
    'lora_A',
    'lora_B',
    'lora_E',
    'magnitude',
    'vector',
    'matrix',
  ] satisfies ParameterSpec['role'][]),
  shape,
  trainable: z.boolean(),
  movedByHook: z.boolean().exactOptional(),
  layer: z.string().exactOptional(),
  scaling: z.number(),
});

const layoutSchema = z.strictObject({
  adapter: z.string(),
  layers: z.array(layerSchema),
  parameters: z.array(parameterSchema),
  shared: z.array(z.string()),
});

/** A policy without its values: what `plan` and `attach` made, as a checkpoint keeps it. */
export type PolicyLayout = z.output<typeof layoutSchema>;

/** A policy as a checkpoint holds it: enough to be the same policy without `plan` and `attach`. */
export interface StoredPolicy {
  readonly layout: PolicyLayout;
  /** Values by parameter name: those of the start where the run needs them again, else those of the checkpoint. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Frozen weights that stand in place of the base's, by layer name. */
  readonly replaced: ReadonlyMap<string, Float32Array>;
}

/**
 * Layers, options and parameters of a policy as JSON. Typed arrays in a layer's options are left out: they are what `plan` hands to
 * `attach`, whose result is stored.
 *
 * @throws RlvrError `adapter/invalid` for options that JSON cannot hold
 */
export function policyLayout({ adapter, plan, targets, parameters }: Policy): PolicyLayout {
  const layers = [...targets.values()].map((layer) => ({
    ...layer,
    shape: [...layer.shape],
    options: plainOptions(plan.layers.get(layer.name), adapter.id, layer.name),
  }));
  const specs = parameters.map(({ values: _values, layer, ...spec }) => ({
    ...spec,
    shape: [...spec.shape],
    ...(layer === undefined ? {} : { layer: layer.name }),
  }));
  return { adapter: adapter.id, layers, parameters: specs, shared: plan.shared.map(({ name }) => name) };
}

/** A copy of options without typed arrays. */
function plainOptions(options: unknown, adapter: string, place: string): unknown {
  if (options === null || typeof options === 'string' || typeof options === 'boolean') return options;
  if (options === undefined || ArrayBuffer.isView(options)) return undefined;
  if (Number.isFinite(options)) return options;
  if (Array.isArray(options)) return options.map((entry) => plainOptions(entry, adapter, place));
  if (typeof options === 'object' && Object.getPrototypeOf(options) === Object.prototype) {
    return Object.fromEntries(
      Object.entries(options).map(([name, entry]) => [
        name,
        plainOptions(entry, adapter, `${place}, option "${name}"`),
      ]),
    );
  }
  throw new RlvrError(
    'adapter/invalid',
    `The plan of the adapter "${adapter}" for ${place} holds ${typeof options === 'number' ? options : `a ${typeof options}`}, ` +
      'which a checkpoint cannot keep; expected finite numbers, text, true, false, lists and plain objects of these.',
    { adapter, place },
  );
}

/** Reads a layout. Throws `run/corrupt` where it is none. */
export function parseLayout(text: string | undefined, file: string): PolicyLayout {
  const parsed = layoutSchema.safeParse(jsonOf(text ?? ''));
  if (parsed.success) return parsed.data;
  throw new RlvrError(
    'run/corrupt',
    `${file} does not say what its adapter is made of: ${z.prettifyError(parsed.error)}`,
    { file },
  );
}

/** What a text means as JSON; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The policy of a checkpoint on its base. Nothing is planned, drawn or decomposed again: layers, options, ranks, residuals and values are
 * those that were stored.
 *
 * @throws RlvrError `run/corrupt` where the state is another adapter's, or of a base whose layers are others
 */
export function restorePolicy(
  config: DecoderConfig,
  adapter: Adapter,
  adapterConfig: unknown,
  { layout, values, replaced }: StoredPolicy,
): Policy {
  if (layout.adapter !== adapter.id) {
    const message = `The checkpoint holds the adapter "${layout.adapter}"; the experiment names "${adapter.id}".`;
    throw new RlvrError('run/corrupt', message, { stored: layout.adapter, named: adapter.id });
  }
  const layers = layout.layers.map(({ options, ...layer }) => ({ layer, options }));
  checkLayers(
    layers.map(({ layer }) => layer),
    targetLayers(config),
  );
  const targets = new Map<string, TargetLayer>(layers.map(({ layer }) => [layer.name, layer]));
  const parameters = layout.parameters.map(({ layer: name, ...spec }): InitialParameter => {
    const layer = name === undefined ? undefined : targets.get(name);
    return { ...spec, ...(layer === undefined ? {} : { layer }), values: values.get(spec.name) ?? new Float32Array() };
  });
  const shared = parameters.filter(({ name }) => layout.shared.includes(name));
  const plan = { layers: new Map(layers.map(({ layer, options }) => [layer.name, options])), shared };
  return { config, adapter, adapterConfig, plan, targets, parameters, replaced };
}

/** The stored layers must be layers of this base. */
function checkLayers(stored: readonly TargetLayer[], found: readonly TargetLayer[]): void {
  const byName = new Map(found.map((layer) => [layer.name, layer]));
  const described = (layer: TargetLayer | undefined): string =>
    layer === undefined ? 'missing' : `[${layer.shape.join(', ')}]${layer.hasBias ? ' with a bias' : ''}`;
  const differences = stored.flatMap((layer) => {
    const [was, is] = [described(layer), described(byName.get(layer.name))];
    return was === is ? [] : [`${layer.name} was ${was}, is ${is}`];
  });
  if (differences.length === 0) return;
  const message = `The adapter was trained on another model: ${firstProblems(differences, 3)}.`;
  throw new RlvrError('run/corrupt', message, { differences: differences.slice(0, 10) });
}
