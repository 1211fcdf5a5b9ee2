import type { StoredTensor } from '../contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../contracts/parameter.ts';
import { RlvrError } from '../errors.ts';
import { firstProblems } from '../firstProblems.ts';

const MOST_SHOWN = 6;

/**
 * Checks that an adapter's stored parameters are those that its method has on this base.
 *
 * @throws RlvrError `adapter/invalid` that lists the first differences
 */
export function checkParameters(
  origin: string,
  stored: ReadonlyMap<string, StoredTensor>,
  targets: readonly TargetLayer[],
  specsOf: (layer: TargetLayer) => readonly ParameterSpec[],
  shared: readonly ParameterSpec[],
): void {
  const problems: string[] = [];
  const expected = new Set(shared.map(({ name }) => name));
  for (const layer of targets) {
    const specs = specsOf(layer);
    for (const { name, shape } of specs) {
      expected.add(name);
      const found = stored.get(name);
      if (found !== undefined && found.shape.join() !== shape.join()) {
        problems.push(`${name} is [${found.shape.join(', ')}], the base asks for [${shape.join(', ')}]`);
      }
    }
    const trained = specs.filter(({ trainable }) => trainable);
    const missing = trained.find(({ name }) => !stored.has(name));
    if (missing !== undefined) problems.push(`${missing.name} is missing`);
  }
  for (const name of stored.keys()) {
    if (!expected.has(name)) problems.push(`${name} belongs to no layer of the base that the adapter names`);
  }
  if (problems.length === 0) return;
  const message = `${origin} does not belong to this base: ${firstProblems(problems, MOST_SHOWN)}.`;
  throw new RlvrError('adapter/invalid', message, { path: origin, problems });
}
