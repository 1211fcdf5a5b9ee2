import { z } from 'zod';
import type { AnalyzedLayer, Analyzer, LayerFindings, Series } from '../../core/contracts/analyzer.ts';
import type { JudgedSamples, WrongPlugin } from './wrongPlugin.ts';

const series: Series = {
  title: 'Entries',
  x: { label: 'entry', values: [1, 2] },
  y: { label: 'value', unit: '1', scale: 'linear' },
  lines: [{ label: 'W', values: [1, 2] }],
};

const sound: Analyzer = {
  id: 'sound',
  summary: 'The first entries of W',
  source: 'this test',
  config: z.strictObject({}),
  measures: { first: { title: 'first', unit: '1', explanation: 'First entry of W.' } },
  matrices: {
    ends: { title: 'ends', unit: '1', explanation: 'First and last entry of W.', columns: ['first', 'last'] },
  },
  async analyze(_config, layer) {
    const { data } = await layer.base();
    return { numbers: { first: data[0]! }, rows: { ends: [data[0]!, data.at(-1)!] }, series: [series] };
  },
};

const names = 'says what each of its numbers is, with a unit';
const finite =
  'gives only finite numbers that it declared, for layers of every shape and rank, and where W or dW is zero';
const again = 'finds the same again, and writes to nothing';

function wrong(description: string, change: Partial<Analyzer>, fails: readonly string[], message: RegExp): WrongPlugin {
  return { wrong: description, judged: { kind: 'analyzer', plugin: { ...sound, ...change } }, fails, message };
}

/** The sound analyzer that finds something more. */
function finding(
  more: (layer: AnalyzedLayer, found: LayerFindings) => LayerFindings | Promise<LayerFindings>,
): Partial<Analyzer> {
  return {
    analyze: async (config, layer) => {
      const found = await sound.analyze(config, layer);
      return { ...found, ...(await more(layer, found)) };
    },
  };
}

const { first } = sound.measures;
let looks = 0;

/** Analyzers. */
export const analyzers: JudgedSamples = {
  kind: 'analyzer',
  sound: { kind: 'analyzer', plugin: sound },
  wrong: [
    wrong(
      'names nothing',
      { measures: {}, matrices: {}, analyze: () => Promise.resolve({}) },
      [names],
      /analyzer "sound": it names no number that it gives/,
    ),
    wrong(
      'has a number without a unit',
      { measures: { first: { ...first!, unit: '' } } },
      [names],
      /method measures: "first" has no unit/,
    ),
    wrong(
      'has a number without a title',
      { measures: { first: { ...first!, title: '' } } },
      [names],
      /method measures: "first" has a title that is not one line/,
    ),
    wrong(
      'does not explain a number',
      { measures: { first: { ...first!, explanation: 'first' } } },
      [names],
      /method measures: "first" has an explanation that is no sentence: "first"/,
    ),
    wrong(
      'has a name that is no name',
      { measures: { first: first!, 'The First': first! } },
      [names],
      /method measures: "The First" is not lower case letters, digits and _/,
    ),
    wrong(
      'gives a number that it did not declare',
      finding(() => ({ numbers: { second: 1 } })),
      [finite],
      /method analyze, layer square: it gives a number "second" that measures does not name/,
    ),
    wrong(
      'divides by W',
      finding(async (layer) => ({ numbers: { first: 1 / (await layer.base()).data[0]! } })),
      [finite],
      /method analyze, layer zero: "first" is Infinity/,
    ),
    wrong(
      'divides by dW',
      finding(async (layer) => ({ numbers: { first: 1 / (await layer.update()).data.at(-1)! } })),
      [finite],
      /method analyze, layer still: "first" is Infinity/,
    ),
    wrong(
      'takes for granted that the update is of low rank',
      finding((layer) => ({ numbers: { first: 1 / layer.rankLimit! } })),
      [finite],
      /method analyze, layer update-of-full-rank: "first" is NaN/,
    ),
    wrong(
      'takes for granted that there are two rows',
      finding((layer) => ({ numbers: { first: 1 / (layer.layer.shape[0]! - 1) } })),
      [finite],
      /method analyze, layer single-row: "first" is Infinity/,
    ),
    wrong(
      'needs the whole spectrum',
      finding(async (layer) => {
        const { isComplete } = await layer.mergedDecomposition();
        return { numbers: { first: isComplete ? 1 : NaN } };
      }),
      [finite],
      /method analyze, layer \S+: "first" is NaN/,
    ),
    wrong(
      'gives a row of another width than it declared',
      finding(() => ({ rows: { ends: [1] } })),
      [finite],
      /method analyze, layer square: "ends" is a row of 1 numbers, expected 2/,
    ),
    wrong(
      'gives a row that it did not declare',
      finding(() => ({ rows: { middle: [1] } })),
      [finite],
      /method analyze, layer square: "middle" is a row of 1 numbers, expected none: matrices does not name it/,
    ),
    wrong(
      'has an axis without a unit',
      finding(() => ({ series: [{ ...series, y: { ...series.y, unit: '' } }] })),
      [finite],
      /method analyze, layer square: the series "Entries" has no unit of y/,
    ),
    wrong(
      'names two lines alike',
      finding(() => ({ series: [{ ...series, lines: [...series.lines, ...series.lines] }] })),
      [finite],
      /the series "Entries" has two lines of one label/,
    ),
    wrong(
      'draws beyond the axis',
      finding(() => ({ series: [{ ...series, lines: [{ label: 'W', values: [1, 2, 3] }] }] })),
      [finite],
      /the series "Entries": the line "W" has 3 values, and x has 2/,
    ),
    wrong(
      'draws what is not finite',
      finding(() => ({ series: [{ ...series, lines: [{ label: 'W', values: [1, Infinity] }] }] })),
      [finite],
      /the series "Entries": the line "W": value 1 of 2 is Infinity/,
    ),
    wrong(
      'finds something else each time',
      finding(() => ({ numbers: { first: (looks += 1) } })),
      [again],
      /method analyze: it finds \{"numbers":\{"first":\d+\}.*, and then \{"numbers":\{"first":\d+\}/,
    ),
    wrong(
      'writes to a parameter',
      finding((layer) => {
        const [parameter] = layer.parameters;
        if (parameter !== undefined) parameter.values[0] = 9;
        return {};
      }),
      [again],
      /method analyze: it writes to the layer that it looks at/,
    ),
  ],
};
