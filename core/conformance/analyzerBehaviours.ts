import type { Analyzer, LayerFindings } from '../contracts/analyzer.ts';
import { shorterSideInBackground } from '../linalg/background.ts';
import { analyzedLayer } from '../spectra/analyzedLayer.ts';
import type { LayerWeights } from '../spectra/layerWeights.ts';
import { randomStream } from '../tensor/random.ts';
import type { Behaviour } from './behaviour.ts';
import { nonconformity } from './behaviour.ts';
import type { DescribedPlugin } from './description.ts';
import { notFiniteInWords } from './difference.ts';

/** An analyzer with the least options that a user can write for it. */
export interface AnalyzerSubject extends DescribedPlugin {
  readonly analyzer: Analyzer;
  readonly config: unknown;
}

const rank = 2;

/** A layer [out, in] with a random update of rank 2. */
function layerOf(name: string, out: number, inputs: number, isZero = false): LayerWeights {
  const drawn = (what: string, count: number): Float32Array => randomStream(1, name, what).normals(count);
  const a = { shape: [rank, inputs], values: drawn('a', rank * inputs) };
  const b = { shape: [out, rank], values: drawn('b', out * rank) };
  return {
    layer: { name, module: name, kind: 'linear', shape: [out, inputs], hasBias: false },
    base: isZero ? new Float32Array(out * inputs) : drawn('base', out * inputs),
    baseHash: undefined,
    change: { kind: 'low-rank', a, b, scaling: 0.1 },
    parameters: [
      { name: 'lora_A', role: 'lora_A', ...a },
      { name: 'lora_B', role: 'lora_B', ...b },
    ],
  };
}

function analyze({ analyzer, config }: AnalyzerSubject, weights: LayerWeights): Promise<LayerFindings> {
  return analyzer.analyze(
    config,
    analyzedLayer(weights, { top: 3, full: true }, (weight) => shorterSideInBackground(weight)),
  );
}

const givesWhatItDeclares: Behaviour<AnalyzerSubject> = {
  name: 'gives only finite numbers that it declared, for square, tall, wide and zero layers',
  judge: async (subject) => {
    const { analyzer, plugin } = subject;
    for (const weights of [
      layerOf('square', 5, 5),
      layerOf('tall', 6, 4),
      layerOf('wide', 4, 6),
      layerOf('zero', 4, 4, true),
    ]) {
      const { numbers = {}, rows = {}, series = [] } = await analyze(subject, weights);
      const wrong = (problem: string): never => {
        throw nonconformity({ plugin, method: 'analyze', layer: weights.layer.name }, problem);
      };
      for (const [name, value] of Object.entries(numbers)) {
        if (!(name in analyzer.measures)) wrong(`it gives a number "${name}" that measures does not name`);
        if (!Number.isFinite(value)) wrong(`"${name}" is ${value}`);
      }
      for (const [name, row] of Object.entries(rows)) {
        const width = analyzer.matrices?.[name]?.columns.length;
        if (row.length !== width)
          wrong(`"${name}" is a row of ${row.length} numbers, expected ${width ?? 'none: matrices does not name it'}`);
        const problem = notFiniteInWords(row);
        if (problem !== undefined) wrong(`"${name}": ${problem}`);
      }
      for (const line of series.flatMap(({ lines }) => lines)) {
        const problem = notFiniteInWords(line.values);
        if (problem !== undefined) wrong(`the line "${line.label}": ${problem}`);
      }
    }
  },
};

const repeatsItself: Behaviour<AnalyzerSubject> = {
  name: 'finds the same again, and writes to nothing',
  judge: async (subject) => {
    const weights = layerOf('again', 6, 5);
    const before = weights.base.slice();
    const [first, second] = [await analyze(subject, weights), await analyze(subject, weights)].map((found) =>
      JSON.stringify(found),
    );
    const place = { plugin: subject.plugin, method: 'analyze' };
    if (weights.base.some((value, i) => value !== before[i]))
      throw nonconformity(place, 'it writes to the weight that it looks at');
    if (first !== second) throw nonconformity(place, `it finds ${first ?? ''}, and then ${second ?? ''}`);
  },
};

/** What every analyzer does. */
export const analyzerBehaviours: readonly Behaviour<AnalyzerSubject>[] = [givesWhatItDeclares, repeatsItself];
