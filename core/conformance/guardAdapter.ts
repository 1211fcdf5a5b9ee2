import type {
  Adapter,
  AdapterHooks,
  AdapterPlan,
  AttachedLayer,
  LayerTensors,
  MergedLayer,
} from '../contracts/adapter.ts';
import type { InitialParameter, TargetLayer } from '../contracts/parameter.ts';
import type { tf } from '../tensor/tf.ts';
import { guardedCall } from './guardedCall.ts';
import type { CallObserver } from './guardedCall.ts';
import { notFiniteInWords } from './difference.ts';

type AnyFunction = (...given: unknown[]) => unknown;

/** Methods whose calls are for the whole model, and whose results are plain values that others check. */
const plainMethods = ['isIdentityAtStart', 'usesDropout', 'calibration', 'check', 'toPeft', 'fromPeft'] as const;

/**
 * An adapter that behaves as `adapter` does, but whose calls are told to `onCall` before they begin, and which says `plugin/failed` with
 * plugin, method and layer where a method throws or gives what its contract does not allow: a wrong shape, a missing layer, values that are
 * not finite. Errors of the area `adapter/` are how an adapter refuses, and pass as they are.
 */
export function guardAdapter(adapter: Adapter, onCall?: CallObserver): Adapter {
  const plugin = `adapter "${adapter.id}"`;
  const call = <Result>(
    method: string,
    layer: string | undefined,
    run: () => Result,
    problem?: (result: Result) => string | undefined,
  ): Result => guardedCall({ plugin, method, layer }, run, problem, onCall);
  const plain = plainMethods.flatMap((method) => {
    const own = adapter[method] as AnyFunction | undefined;
    if (own === undefined) return [];
    return [[method, (...given: unknown[]) => call(method, undefined, () => own.apply(adapter, given))]];
  });
  const { forward, shapes, loraForm, hooks } = adapter;
  return {
    ...adapter,
    ...(Object.fromEntries(plain) as Partial<Adapter>),
    targets: (config, layers) =>
      call(
        'targets',
        undefined,
        () => adapter.targets(config, layers),
        (targets) => targetsProblem(targets, layers),
      ),
    plan: (config, targets, random, calibration) =>
      call(
        'plan',
        undefined,
        () => adapter.plan(config, targets, random, calibration),
        (plan) => planProblem(plan, targets),
      ),
    attach: (context) =>
      call(
        'attach',
        context.layer.name,
        () => adapter.attach(context),
        (attached) => attachedProblem(attached, context.layer),
      ),
    merged: (layer) =>
      call(
        'merged',
        layer.layer.name,
        () => adapter.merged(layer),
        (merged) => mergedProblem(merged, layer),
      ),
    ...(forward === undefined
      ? {}
      : {
          forward: (layer: LayerTensors<unknown>, x: tf.Tensor2D) =>
            call(
              'forward',
              layer.layer.name,
              () => forward.call(adapter, layer, x),
              (y) => shapeProblem('an output', y, [x.shape[0], layer.layer.shape[0] ?? 0]),
            ),
        }),
    ...(shapes === undefined
      ? {}
      : { shapes: (layer, options) => call('shapes', layer.name, () => shapes.call(adapter, layer, options)) }),
    ...(loraForm === undefined
      ? {}
      : { loraForm: (values) => call('loraForm', values.layer.name, () => loraForm.call(adapter, values)) }),
    ...(hooks === undefined ? {} : { hooks: guardHooks(hooks, call) }),
  };
}

function guardHooks(
  hooks: AdapterHooks<unknown, unknown>,
  call: (method: string, layer: undefined, run: () => unknown) => unknown,
): AdapterHooks<unknown, unknown> {
  const guarded = Object.entries(hooks as Readonly<Record<string, AnyFunction>>).map(([name, own]) => [
    name,
    (...given: unknown[]) => call(`hooks.${name}`, undefined, () => own.apply(hooks, given)),
  ]);
  return Object.fromEntries(guarded) as AdapterHooks<unknown, unknown>;
}

function targetsProblem(targets: readonly TargetLayer[], layers: readonly TargetLayer[]): string | undefined {
  if (!Array.isArray(targets)) return `gave ${typeof targets} instead of a list of layers`;
  const given = targets as readonly (TargetLayer | undefined)[];
  const foreign = given.find((target) => !layers.some(({ name }) => name === target?.name));
  return foreign === undefined ? undefined : `gave a layer that it was not given: ${JSON.stringify(foreign)}`;
}

function planProblem({ layers, shared }: AdapterPlan<unknown>, targets: readonly TargetLayer[]): string | undefined {
  if (!(layers instanceof Map)) return 'gave no Map of layers';
  if (!Array.isArray(shared)) return 'gave no list of shared tensors';
  const missing = targets.find(({ name }) => !layers.has(name));
  if (missing !== undefined) return `left out the layer ${missing.name}`;
  return parametersProblem(shared as readonly InitialParameter[]);
}

function attachedProblem({ parameters, replacedWeight }: AttachedLayer, layer: TargetLayer): string | undefined {
  if (!Array.isArray(parameters)) return 'gave no list of parameters';
  const problem = parametersProblem(parameters as readonly InitialParameter[]);
  if (problem !== undefined || replacedWeight === undefined) return problem;
  return valuesProblem('replacedWeight', replacedWeight, layer.shape);
}

function parametersProblem(parameters: readonly InitialParameter[]): string | undefined {
  return parameters
    .map(({ name, shape, values }) => valuesProblem(`"${name}"`, values, shape))
    .find((problem) => problem !== undefined);
}

function valuesProblem(name: string, values: unknown, shape: readonly number[]): string | undefined {
  if (!(values instanceof Float32Array)) return `gave values of ${name} that are no Float32Array`;
  const count = shape.reduce((product, size) => product * size, 1);
  if (values.length !== count) return `gave ${values.length} values of ${name}, whose shape is [${shape.join(', ')}]`;
  const problem = notFiniteInWords(values);
  return problem === undefined ? undefined : `gave values of ${name} that are not finite: ${problem}`;
}

function mergedProblem({ weight, bias }: MergedLayer, { layer }: LayerTensors<unknown>): string | undefined {
  const problem = shapeProblem('a weight', weight, layer.shape);
  if (problem !== undefined || bias === undefined) return problem;
  return shapeProblem('a bias', bias, [layer.shape[0] ?? 0]);
}

function shapeProblem(
  what: string,
  tensor: { readonly shape?: readonly number[] } | undefined,
  expected: readonly number[],
): string | undefined {
  const shape = tensor?.shape;
  if (!Array.isArray(shape)) return `gave ${what} that is no tensor`;
  const isSame = shape.length === expected.length && shape.every((size, i) => size === expected[i]);
  return isSame ? undefined : `gave ${what} of shape [${shape.join(', ')}], expected [${expected.join(', ')}]`;
}
