import { RlvrError } from '../errors.ts';
import { firstProblems } from '../firstProblems.ts';
import { decoderParameters, LM_HEAD } from './decoderParameters.ts';
import type { DecoderConfig } from './modelConfig.ts';

const MOST_PROBLEMS_SHOWN = 8;

/**
 * Checks that the weights of a model are those that its configuration calls for: every one present with its shape, and no
 * others but tensors that old exports carry although they are computed, and the output projection that a tied model may repeat.
 *
 * @throws RlvrError `model/invalid-weights` that lists the differences
 */
export function checkWeightShapes(
  source: string,
  config: DecoderConfig,
  shapes: ReadonlyMap<string, readonly number[]>,
): void {
  const problems: string[] = [];
  const expected = new Set<string>();
  for (const { name, shape } of decoderParameters(config)) {
    expected.add(name);
    const found = shapes.get(name);
    if (found === undefined) problems.push(`${name} is missing`);
    else if (found.join() !== shape.join()) problems.push(`${name} is ${show(found)}; expected ${show(shape)}`);
  }
  for (const name of shapes.keys()) {
    if (!expected.has(name) && !isKnownExtra(name, config)) {
      problems.push(`${name} is not a weight of this ${config.architecture} model`);
    }
  }
  if (problems.length === 0) return;
  const message = `${source}: the weights do not fit config.json: ${firstProblems(problems, MOST_PROBLEMS_SHOWN)}`;
  throw new RlvrError('model/invalid-weights', message, { path: source, problems });
}

function isKnownExtra(name: string, config: DecoderConfig): boolean {
  return name.endsWith('rotary_emb.inv_freq') || (config.tiedEmbeddings && name === LM_HEAD);
}

function show(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
