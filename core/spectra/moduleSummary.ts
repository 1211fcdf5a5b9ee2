import type { LayerSpectra, SpectraRecord } from './spectraRecord.ts';

/** Numbers of all layers of one kind: the mean over the layers that have one. */
export interface ModuleSummary {
  /** Last part of the layers' names, or `all`. */
  readonly module: string;
  readonly layers: number;
  readonly means: Readonly<Record<string, number>>;
}

/** Mean of a number over the layers that have it; undefined where none has. */
export function meanOf(layers: readonly LayerSpectra[], name: string): number | undefined {
  const values = layers.flatMap(({ numbers }) => (numbers[name] === undefined ? [] : [numbers[name]]));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sum of a number over all layers. */
export function sumOf(layers: readonly LayerSpectra[], name: string): number {
  return layers.reduce((sum, { numbers }) => sum + (numbers[name] ?? 0), 0);
}

/** Means by kind of layer, in the model's order, and over all layers last. */
export function summarizeModules({ layers, measures }: SpectraRecord): readonly ModuleSummary[] {
  const groups = new Map<string, LayerSpectra[]>();
  for (const layer of layers) {
    const own = groups.get(layer.module);
    if (own === undefined) groups.set(layer.module, [layer]);
    else own.push(layer);
  }
  return [...groups, ['all', layers] as const].map(([module, own]) => ({
    module,
    layers: own.length,
    means: Object.fromEntries(
      Object.keys(measures).flatMap((name) => {
        const mean = meanOf(own, name);
        return mean === undefined ? [] : [[name, mean]];
      }),
    ),
  }));
}
