import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import { analyzeLayers, type AnalysisOptions } from './analyzeLayers.ts';
import { cacheFolder } from './cacheFolder.ts';
import { openDecompositionCache } from './decompositionCache.ts';
import type { WeightSource } from './layerWeights.ts';
import type { SpectraRecord } from './spectraRecord.ts';

/** How spectra are measured: as the user says, by every analyzer that there is. */
export interface MeasureOptions extends Omit<AnalysisOptions, 'analyzers' | 'cache'> {
  readonly catalog: PluginCatalog;
}

/** Shows all layers of a source to every analyzer with its default settings; decompositions of base weights are kept on disk. */
export async function measureSpectra(
  subject: SpectraRecord['subject'],
  source: WeightSource,
  { catalog, ...options }: MeasureOptions,
): Promise<SpectraRecord> {
  const analyzers = catalog.all('analyzer').map((analyzer) => ({ analyzer, config: analyzer.config.parse({}) }));
  const result = await analyzeLayers(source, { ...options, analyzers, cache: openDecompositionCache(cacheFolder()) });
  return { format: 1, kind: 'rlvr-lab/spectra', writtenAt: new Date().toISOString(), subject, ...result };
}
