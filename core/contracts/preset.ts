import type { z } from 'zod';

/**
 * A method that is an adapter with some of its options fixed or with other defaults: PiSSA is LoRA whose initialisation is PiSSA's. In an
 * experiment it is named like an adapter. A preset is data: it becomes an adapter of its own when the plugins are put together
 * (`core/presetAdapter.ts`), so nothing else has to know of presets.
 */
export interface Preset {
  /** Unique among adapters and presets. */
  readonly id: string;
  readonly summary: string;
  /** The paper. */
  readonly source: string;
  /** As of an adapter. */
  readonly formula: string;
  /** Id of the adapter that it is made of. */
  readonly adapter: string;
  /** Fields of the adapter's configuration that take fewer values or another default here. */
  readonly config: Readonly<Record<string, z.ZodType>>;
  /** As of an adapter. */
  readonly optimizer?: string;
  /** Whether the frozen weight differs from the base's by more than low rank, so that neither plain LoRA nor PEFT can say what it is. */
  readonly changesBaseWeight?: boolean;
  /** As of an adapter; where left out, the default configuration alone is tried. */
  readonly examples?: readonly Readonly<Record<string, unknown>>[];
}
