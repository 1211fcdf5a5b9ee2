import { z } from 'zod';
import type { ConfigFinding } from '../contracts/plugin.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { findInNames, matchesWhole } from './regularExpression.ts';

const names = z.union([z.string().min(1), z.array(z.string().min(1))]);

/** Options that say which layers a method adapts, with PEFT's names and meaning. `null` is read as "not set". */
export const targetOptions = {
  target_modules: names.describe(
    'Names of layers or of their last parts; or a regular expression for whole names; or "all-linear": all but the output head',
  ),
  exclude_modules: names.nullish().describe('Layers that are left out, named in the same way'),
  layers_to_transform: z
    .union([z.int().min(0), z.array(z.int().min(0))])
    .nullish()
    .describe('Only decoder blocks of these indices; target_modules must then be a list'),
  layers_pattern: names
    .nullish()
    .describe('Name of the list of blocks, where it is not the part before the first index'),
};

/** The same for methods that adapt queries and values where nothing is said, as PEFT does for Qwen2 and Llama. */
export const queryValueTargets = {
  ...targetOptions,
  target_modules: targetOptions.target_modules.default(['q_proj', 'v_proj']),
};

/** Which layers a method adapts, after validation. */
export type TargetOptions = z.output<z.ZodObject<typeof targetOptions>>;

/** Names of the output head in the models that are supported; PEFT leaves it out of "all-linear". */
export const OUTPUT_HEAD = 'lm_head';

/** Whether the options fit together; the reason where not. PEFT refuses the same. */
function targetProblem(options: TargetOptions): string | undefined {
  const hasIndices = options.layers_to_transform !== undefined && options.layers_to_transform !== null;
  if (hasIndices && typeof options.target_modules === 'string') {
    return 'layers_to_transform needs target_modules to be a list of names, not one string';
  }
  const hasPattern = (options.layers_pattern ?? []).length > 0;
  return hasPattern && !hasIndices ? 'layers_pattern says nothing without layers_to_transform' : undefined;
}

/** Adds what `targetProblem` finds to a schema's issues; for `check` of a zod object. */
export function checkTargets(context: z.core.ParsePayload<TargetOptions>): void {
  const problem = targetProblem(context.value);
  if (problem !== undefined) context.issues.push({ code: 'custom', message: problem, input: context.value });
}

/** Whether a listed name means this layer: its whole name or its last parts. */
export function namesLayer(name: string, layer: string): boolean {
  return layer === name || layer.endsWith(`.${name}`);
}

/** The index of each layer's block by PEFT's rule, undefined where it lies in none. */
function blockIndices(options: TargetOptions, layers: readonly string[]): readonly (number | undefined)[] {
  const given = options.layers_pattern ?? [];
  const patterns = typeof given === 'string' ? [given] : given;
  const found =
    patterns.length === 0
      ? [findInNames('', layers, () => '^.*?\\.[^.]*\\.(?<found>\\d+)\\.')]
      : patterns.map((pattern) => findInNames(pattern, layers, (own) => `^(?:.*?\\.)?(?:${own})\\.(?<found>\\d+)\\.`));
  return layers.map((_, i) => {
    const index = found.map((indices) => indices[i]).find((value) => typeof value === 'string');
    return index === undefined ? undefined : Number(index);
  });
}

/** Which layers a list names; indices of blocks do not act on layers that are named in full. */
function listed(options: TargetOptions, list: readonly string[], layers: readonly string[]): readonly boolean[] {
  const wanted = options.layers_to_transform;
  const blocks = typeof wanted === 'number' ? [wanted] : (wanted ?? []);
  const indices = blocks.length === 0 ? [] : blockIndices(options, layers);
  return layers.map((layer, i) => {
    if (list.includes(layer)) return true;
    if (!list.some((name) => namesLayer(name, layer))) return false;
    const index = indices[i];
    return blocks.length === 0 || (index !== undefined && blocks.includes(index));
  });
}

function excluded(given: TargetOptions['exclude_modules'], layers: readonly string[]): readonly boolean[] {
  if (typeof given === 'string') return matchesWhole(given, layers);
  return layers.map((layer) => given?.some((name) => namesLayer(name, layer)) ?? false);
}

function targeted(options: TargetOptions, layers: readonly TargetLayer[]): readonly boolean[] {
  const { target_modules: target } = options;
  const all = layers.map(({ name }) => name);
  if (typeof target !== 'string') return listed(options, target, all);
  if (target.toLowerCase() !== 'all-linear') return matchesWhole(target, all);
  return layers.map(({ kind, module }) => kind === 'linear' && module !== OUTPUT_HEAD);
}

/** What there is to choose from: the last parts of the layers' names. */
function modulesOf(layers: readonly TargetLayer[]): string {
  const kinds = ['linear', 'norm', 'embedding'] as const;
  const lists = kinds.map((kind) => {
    const modules = new Set(layers.filter((layer) => layer.kind === kind).map(({ module }) => module));
    return modules.size === 0 ? undefined : `${kind}: ${[...modules].join(', ')}`;
  });
  return lists.filter((list) => list !== undefined).join('; ');
}

/**
 * The layers that the options name, in the model's order, by PEFT's rules. `kinds` are those that the method can adapt.
 *
 * @throws RlvrError `adapter/no-target` where there is none, `adapter/invalid` where a layer of another kind is named
 */
export function matchTargets(
  options: TargetOptions,
  layers: readonly TargetLayer[],
  kinds: readonly TargetLayer['kind'][],
): readonly TargetLayer[] {
  const isTarget = targeted(options, layers);
  const isExcluded = excluded(
    options.exclude_modules,
    layers.map(({ name }) => name),
  );
  const targets = layers.filter((_, i) => isTarget[i] && !isExcluded[i]);
  const wanted = JSON.stringify(options.target_modules);
  if (targets.length === 0) {
    const reason = isTarget.includes(true) ? 'names only layers that exclude_modules leaves out' : 'matches no layer';
    throw new RlvrError(
      'adapter/no-target',
      `target_modules ${wanted} ${reason}. The model has ${modulesOf(layers)}.`,
      {
        target_modules: options.target_modules,
        modules: [...new Set(layers.map(({ module }) => module))],
      },
    );
  }
  const unfit = targets.find(({ kind }) => !kinds.includes(kind));
  if (unfit !== undefined) {
    const can = kinds.join(' and ');
    throw new RlvrError(
      'adapter/invalid',
      `target_modules ${wanted} names ${unfit.name}, which is a layer of kind ${unfit.kind}; this method adapts ${can} layers.`,
      { layer: unfit.name, kind: unfit.kind },
    );
  }
  return targets;
}

/** Warnings for listed names that none of the adapted layers has. */
export function unusedNames(options: TargetOptions, targets: readonly TargetLayer[]): readonly ConfigFinding[] {
  const list = typeof options.target_modules === 'string' ? [] : options.target_modules;
  return list
    .filter((name) => !targets.some((layer) => namesLayer(name, layer.name)))
    .map((name) => ({ severity: 'warning', path: 'target_modules', message: `"${name}" matches no adapted layer` }));
}
