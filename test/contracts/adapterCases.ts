import type { Adapter } from '../../core/contracts/adapter.ts';
import { suiteConfigurations } from '../../core/conformance/adapterSubject.ts';
import { createCatalog } from '../../core/container.ts';
import { plugins } from '../../plugins/index.ts';

/** A method, adapter or preset, with options for the small model of the suite. */
export interface AdapterCase {
  readonly name: string;
  readonly adapter: Adapter;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Every method that an experiment can name, with each configuration that it gives as an example. */
export const adapterCases: readonly AdapterCase[] = createCatalog(plugins)
  .all('adapter')
  .flatMap((adapter) =>
    suiteConfigurations(adapter).map((options) => ({
      name: `${adapter.id} ${JSON.stringify(options)}`,
      adapter,
      options,
    })),
  );
