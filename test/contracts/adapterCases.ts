import type { Adapter } from '../../core/contracts/adapter.ts';
import { plugins } from '../../plugins/index.ts';
import { adalora } from './adapterDesigns/adalora.ts';
import { dora } from './adapterDesigns/dora.ts';
import { ia3 } from './adapterDesigns/ia3.ts';
import { layerNorm } from './adapterDesigns/layerNorm.ts';
import { miss } from './adapterDesigns/miss.ts';
import { pissa } from './adapterDesigns/pissa.ts';
import { vera } from './adapterDesigns/vera.ts';

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
  lora: [
    { r: 2, lora_alpha: 6 },
    { r: 3, use_rslora: true, init_lora_weights: 'gaussian', target_modules: 'all-linear' },
    { r: 2, init_lora_weights: false, rank_pattern: { v_proj: 1 }, alpha_pattern: { q_proj: 5 } },
  ],
  full: [{}, { target_modules: ['q_proj', 'norm'], train_bias: false }],
};

const plugged = plugins.adapters.flatMap((adapter) =>
  (optionsOf[adapter.id] ?? [{}]).map((options) => ({
    name: `${adapter.id} ${JSON.stringify(options)}`,
    adapter,
    options,
  })),
);

const wide = ['q_proj', 'v_proj', 'down_proj'];
const designs: readonly (Omit<AdapterCase, 'name'> & { readonly adapter: Adapter })[] = [
  { adapter: dora, options: { r: 2, lora_alpha: 4, target_modules: wide }, gradientIsPartial: true },
  { adapter: adalora, options: { init_r: 3, target_r: 2, target_modules: wide } },
  { adapter: pissa, options: { r: 2, target_modules: wide } },
  { adapter: vera, options: { r: 3, target_modules: wide } },
  { adapter: miss, options: { r: 3, target_modules: wide } },
  { adapter: ia3, options: { target_modules: wide } },
  { adapter: layerNorm, options: {} },
];

/** What the suite of the adapter contract runs over: the plugins, and the designs that the contract was written against. */
export const adapterCases: readonly AdapterCase[] = [
  ...plugged,
  ...designs.map((design) => ({ ...design, name: `${design.adapter.id} (design)` })),
];
