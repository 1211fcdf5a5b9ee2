import { setImmediate } from 'node:timers/promises';
import type { Analyzer, LayerFindings } from '../contracts/analyzer.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import { messageOf, RlvrError } from '../errors.ts';
import { shorterSideInBackground } from '../linalg/background.ts';
import { valueCount } from '../valueCount.ts';
import { analyzedLayer, type AnalysisDepth, type DecomposeBase } from './analyzedLayer.ts';
import { roundedVectors, type DecompositionCache } from './decompositionCache.ts';
import type { LayerWeights, WeightSource } from './layerWeights.ts';
import type { LayerSpectra, SpectraRecord } from './spectraRecord.ts';

/** An analyzer with its configuration. */
export interface ConfiguredAnalyzer {
  readonly analyzer: Analyzer;
  readonly config: unknown;
}

/** How a source is analysed. */
export interface AnalysisOptions extends AnalysisDepth {
  readonly analyzers: readonly ConfiguredAnalyzer[];
  /** Whether a layer is looked at. */
  readonly includes: (layer: TargetLayer) => boolean;
  readonly cache: DecompositionCache | undefined;
  readonly onDidProgress?: (done: number, total: number) => void;
}

/** What was found in all layers, and which were not looked at, and why. */
export type AnalysisResult = Pick<SpectraRecord, 'depth' | 'measures' | 'matrices' | 'layers' | 'unmeasured'>;

/** Values of a matrix beyond which it is left out: in float64 it and its products would not fit into the memory that is promised. */
const MOST_VALUES = 2 ** 25;

/**
 * Shows every layer of a source to every analyzer, one layer in memory at a time. Aborting the signal ends it with the signal's reason.
 *
 * @throws RlvrError `analyzer/failed` with the analyzer's id and the layer, and what reading the source throws
 */
export async function analyzeLayers(source: WeightSource, options: AnalysisOptions): Promise<AnalysisResult> {
  const { analyzers, signal, onDidProgress, top, full } = options;
  const wanted = source.layers.filter(options.includes);
  const layers: LayerSpectra[] = [];
  const unmeasured: SpectraRecord['unmeasured'] = [];
  for (const [index, layer] of wanted.entries()) {
    signal?.throwIfAborted();
    onDidProgress?.(index, wanted.length);
    const reason = reasonToSkip(layer);
    const weights = reason === undefined ? await source.read(layer) : undefined;
    const skipped = reason ?? (weights === undefined ? undefined : unchanged(weights));
    if (weights === undefined || skipped !== undefined) unmeasured.push({ name: layer.name, reason: skipped ?? '' });
    else layers.push(await lookAt(weights, options));
    // Signals and the display must be served between two layers.
    await setImmediate();
  }
  onDidProgress?.(wanted.length, wanted.length);
  return { depth: { top, full }, ...described(analyzers), layers, unmeasured };
}

function reasonToSkip({ shape }: TargetLayer): string | undefined {
  if (shape.length !== 2) return `a vector of ${shape.join(' x ')} values: it has no spectrum`;
  if (valueCount(shape) <= MOST_VALUES) return undefined;
  return `a matrix of ${shape.join(' x ')} values: more than the ${MOST_VALUES} that the memory bound allows`;
}

function unchanged({ change, base }: LayerWeights): string | undefined {
  if (change.kind === 'low-rank') return undefined;
  return change.merged.every((value, index) => value === base[index]) ? 'unchanged: dW is 0' : undefined;
}

async function lookAt(weights: LayerWeights, options: AnalysisOptions): Promise<LayerSpectra> {
  const { layer } = weights;
  const analyzed = analyzedLayer(weights, options, decomposeBase(options));
  const numbers: Record<string, number> = {};
  const rows: Record<string, number[]> = {};
  const series: LayerSpectra['series'] = [];
  for (const { analyzer, config } of options.analyzers) {
    const findings = await analyzer.analyze(config, analyzed).catch((error: unknown) => {
      if (options.signal?.aborted === true) throw error;
      throw failure(analyzer, layer, messageOf(error), error);
    });
    checkFindings(analyzer, layer, findings);
    for (const [name, value] of Object.entries(findings.numbers ?? {})) numbers[`${analyzer.id}/${name}`] = value;
    for (const [name, row] of Object.entries(findings.rows ?? {})) rows[`${analyzer.id}/${name}`] = [...row];
    series.push(...(structuredClone(findings.series ?? []) as LayerSpectra['series']));
  }
  const { name, module, block, shape } = layer;
  return { name, module, ...(block === undefined ? {} : { block }), shape: [...shape], numbers, rows, series };
}

function decomposeBase({ cache, ...depth }: AnalysisOptions): DecomposeBase {
  return async (weight, hash) => {
    const kept = hash === undefined ? undefined : cache?.read(hash, weight);
    if (kept !== undefined) return kept;
    const decomposition = roundedVectors(await shorterSideInBackground(weight, depth));
    if (hash !== undefined) cache?.write(hash, weight, decomposition);
    return decomposition;
  };
}

function checkFindings(analyzer: Analyzer, layer: TargetLayer, findings: LayerFindings): void {
  const { numbers = {}, rows = {}, series = [] } = findings;
  const fail = (problem: string): never => {
    throw failure(analyzer, layer, problem);
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (analyzer.measures[name] === undefined) fail(`it gave "${name}", which it did not declare`);
    if (!Number.isFinite(value)) fail(`its "${name}" is ${value}`);
  }
  for (const [name, row] of Object.entries(rows)) {
    const declared = analyzer.matrices?.[name]?.columns.length;
    if (row.length !== declared) fail(`its "${name}" has ${row.length} values, ${declared ?? 'none'} declared`);
    if (!row.every(Number.isFinite)) fail(`its "${name}" holds what is no finite number`);
  }
  for (const { title, lines } of series) {
    if (!lines.every(({ values }) => values.every(Number.isFinite))) fail(`its series "${title}" is not finite`);
  }
}

function failure(analyzer: Analyzer, layer: TargetLayer, problem: string, cause?: unknown): RlvrError {
  const message = `The analyzer "${analyzer.id}" failed on ${layer.name}: ${problem}`;
  return new RlvrError('analyzer/failed', message, { analyzer: analyzer.id, layer: layer.name }, { cause });
}

function described(analyzers: readonly ConfiguredAnalyzer[]): Pick<SpectraRecord, 'measures' | 'matrices'> {
  const named = <Value>(of: (analyzer: Analyzer) => Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(
      analyzers.flatMap(({ analyzer }) =>
        Object.entries(of(analyzer)).map(([name, value]) => [`${analyzer.id}/${name}`, value] as const),
      ),
    );
  return {
    measures: named((analyzer) => analyzer.measures),
    matrices: named((analyzer) => analyzer.matrices ?? {}) as SpectraRecord['matrices'],
  };
}
