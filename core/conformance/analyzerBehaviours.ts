import { isDeepStrictEqual } from 'node:util';
import type { Analyzer, LayerFindings, Series } from '../contracts/analyzer.ts';
import type { LayerWeights } from '../spectra/layerWeights.ts';
import { analyzed, layerWeights } from './analyzerBench.ts';
import type { Behaviour } from './behaviour.ts';
import { nonconformity } from './behaviour.ts';
import type { DescribedPlugin } from './description.ts';
import { notFiniteInWords } from './difference.ts';

/** An analyzer with the least options that a user can write for it. */
export interface AnalyzerSubject extends DescribedPlugin {
  readonly analyzer: Analyzer;
  readonly config: unknown;
}

const depths = [
  { top: 3, full: false },
  { top: 64, full: true },
];

function suiteLayers(): readonly LayerWeights[] {
  const still = layerWeights('still', [4, 3], 1);
  return [
    layerWeights('square', [5, 5], 2),
    layerWeights('tall', [6, 4], 2),
    layerWeights('wide', [4, 6], 2),
    layerWeights('update-of-full-rank', [5, 5]),
    layerWeights('single-row', [1, 5], 1),
    { ...layerWeights('deficient', [4, 4], 1), base: new Float32Array(16).fill(1) },
    { ...layerWeights('zero', [4, 3], 2), base: new Float32Array(12) },
    { ...still, change: { kind: 'whole', merged: still.base } },
  ];
}

const namesItsNumbers: Behaviour<AnalyzerSubject> = {
  name: 'says what each of its numbers is, with a unit',
  judge: ({ plugin, analyzer }) => {
    const described = [...Object.entries(analyzer.measures), ...Object.entries(analyzer.matrices ?? {})];
    if (described.length === 0) throw nonconformity({ plugin }, 'it names no number that it gives');
    for (const [name, { title, unit, explanation }] of described) {
      const wrong = (problem: string): never => {
        throw nonconformity({ plugin, method: 'measures' }, `"${name}" ${problem}`);
      };
      if (!/^[a-z][a-z0-9_]*$/.test(name)) wrong('is not lower case letters, digits and _');
      if (!/^\S.{0,50}$/u.test(title)) wrong(`has a title that is not one line of 1 to 51 characters: "${title}"`);
      if (unit === '') wrong('has no unit');
      if (!/^\S.{5,}\.$/u.test(explanation)) wrong(`has an explanation that is no sentence: "${explanation}"`);
    }
  },
};

const givesWhatItDeclares: Behaviour<AnalyzerSubject> = {
  name: 'gives only finite numbers that it declared, for layers of every shape and rank, and where W or dW is zero',
  judge: async ({ plugin, analyzer, config }) => {
    for (const weights of suiteLayers()) {
      for (const depth of depths) {
        const problem = findingsProblem(analyzer, await analyzer.analyze(config, analyzed(weights, depth)));
        if (problem !== undefined)
          throw nonconformity({ plugin, method: 'analyze', layer: weights.layer.name }, problem);
      }
    }
  },
};

/** Why findings cannot be drawn as they are. */
function findingsProblem(
  { measures, matrices = {} }: Analyzer,
  { numbers = {}, rows = {}, series = [] }: LayerFindings,
): string | undefined {
  for (const [name, value] of Object.entries(numbers)) {
    if (!(name in measures)) return `it gives a number "${name}" that measures does not name`;
    if (!Number.isFinite(value)) return `"${name}" is ${value}`;
  }
  for (const [name, row] of Object.entries(rows)) {
    const width = matrices[name]?.columns.length;
    if (row.length !== width)
      return `"${name}" is a row of ${row.length} numbers, expected ${width ?? 'none: matrices does not name it'}`;
    const problem = notFiniteInWords(row);
    if (problem !== undefined) return `"${name}": ${problem}`;
  }
  return series.map(seriesProblem).find((problem) => problem !== undefined);
}

function seriesProblem({ title, x, y, lines }: Series): string | undefined {
  const place = `the series "${title}"`;
  const missing = Object.entries({ title, 'label of x': x.label, 'label of y': y.label, 'unit of y': y.unit });
  const empty = missing.find(([, text]) => text === '');
  if (empty !== undefined) return `${place} has no ${empty[0]}`;
  if (new Set(lines.map(({ label }) => label)).size !== lines.length) return `${place} has two lines of one label`;
  for (const { label, values } of lines) {
    if (values.length > x.values.length)
      return `${place}: the line "${label}" has ${values.length} values, and x has ${x.values.length}`;
    const problem = notFiniteInWords(values);
    if (problem !== undefined) return `${place}: the line "${label}": ${problem}`;
  }
  return undefined;
}

const repeatsItself: Behaviour<AnalyzerSubject> = {
  name: 'finds the same again, and writes to nothing',
  judge: async ({ plugin, analyzer, config }) => {
    const weights = layerWeights('again', [6, 5], 2);
    const before = structuredClone(weights);
    const first = await analyzer.analyze(config, analyzed(weights));
    const second = await analyzer.analyze(config, analyzed(weights));
    const place = { plugin, method: 'analyze' };
    if (!isDeepStrictEqual(weights, before)) throw nonconformity(place, 'it writes to the layer that it looks at');
    if (!isDeepStrictEqual(first, second))
      throw nonconformity(place, `it finds ${JSON.stringify(first)}, and then ${JSON.stringify(second)}`);
  },
};

/** What every analyzer does. */
export const analyzerBehaviours: readonly Behaviour<AnalyzerSubject>[] = [
  namesItsNumbers,
  givesWhatItDeclares,
  repeatsItself,
];
