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

/** `npm run test:contracts` tries all configurations, `npm test` the first of each method. */
const configurations = process.env['RLVR_CONTRACTS'] === 'all' ? Infinity : 1;

/** Every method that an experiment can name, with the configurations that it gives as examples. */
export const adapterCases: readonly AdapterCase[] = createCatalog(plugins)
  .all('adapter')
  .flatMap((adapter) =>
    suiteConfigurations(adapter)
      .slice(0, configurations)
      .map((options) => ({
        name: `${adapter.id} ${JSON.stringify(options)}`,
        adapter,
        options,
      })),
  );
