import type { Adapter } from '../../core/contracts/adapter.ts';
import { plugins } from '../../plugins/index.ts';

/** An adapter with options for the small model of the suite. */
export interface AdapterCase {
  readonly name: string;
  readonly adapter: Adapter;
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether the method leaves a part of its gradient out on purpose, so that finite differences disagree (DoRA's norm). */
  readonly gradientIsPartial?: boolean;
}

/** Every adapter that an experiment can name, at a rank that the small model has room for. A new plugin with other options adds a line. */
const optionsOf: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  full: [{}, { target_modules: ['q_proj', 'norm'], train_bias: false }],
};

const plugged = plugins.adapters.flatMap((adapter) =>
  (optionsOf[adapter.id] ?? adapter.examples ?? [{}]).map((options) => ({
    name: `${adapter.id} ${JSON.stringify(options)}`,
    adapter,
    options,
    gradientIsPartial: adapter.partialGradient !== undefined,
  })),
);

/** What the suite of the adapter contract runs over. */
export const adapterCases: readonly AdapterCase[] = plugged;
