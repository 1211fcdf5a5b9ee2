import { z } from 'zod';
import type { Adapter } from '../core/contracts/adapter.ts';
import type { PluginDescription } from '../core/contracts/plugin.ts';
import type { PluginCatalog, PluginKind } from '../core/contracts/pluginCatalog.ts';
import type { Preset } from '../core/contracts/preset.ts';
import { pluginOptions } from '../core/experiment/pluginOptions.ts';

/** What a method can do, with its default configuration. */
export interface MethodCapabilities {
  /** Whether its update can be folded into the weights: of every method, as the contract asks for. */
  readonly mergeable: boolean;
  readonly identityAtStart: boolean;
  /** Whether its update is plain LoRA on the original base, exactly. */
  readonly loraForm: boolean;
  /** The type of PEFT's adapters that it is written as; undefined where PEFT does not have it. */
  readonly peftType: string | undefined;
  readonly hooks: readonly string[];
  /** What it looks at before the first step, if anything. */
  readonly calibration: 'activations' | 'gradients' | undefined;
  readonly dropout: boolean;
  /** The optimizer that belongs to it. */
  readonly optimizer: string | undefined;
  /** Ids of the engines that train it. */
  readonly engines: readonly string[];
}

/** A plugin as `rlvr plugins --json` lists it. */
export function describePlugin(
  kind: PluginKind,
  plugin: PluginDescription<unknown>,
  catalog: PluginCatalog,
  presets: readonly Preset[],
): object {
  const { id, summary, source, config } = plugin;
  const common = {
    kind,
    id,
    summary,
    source,
    options: pluginOptions(plugin),
    config: z.toJSONSchema(config, { io: 'input' }),
  };
  if (kind !== 'adapter') return common;
  const adapter = plugin as Adapter;
  return {
    ...common,
    paper: source,
    formula: adapter.formula,
    // A method that is an adapter with options fixed.
    ...presetOf(id, presets),
    capabilities: capabilitiesOf(adapter, catalog, presets),
  };
}

/** What a method can do, as its plugin and its default configuration say. */
export function capabilitiesOf(
  adapter: Adapter,
  catalog: PluginCatalog,
  presets: readonly Preset[],
): MethodCapabilities {
  const config = adapter.config.safeParse({});
  const preset = presets.find(({ id }) => id === adapter.id);
  const made = catalog.all('adapter').find(({ id }) => id === preset?.adapter);
  return {
    mergeable: true,
    identityAtStart: config.success && adapter.isIdentityAtStart(config.data),
    loraForm: adapter.loraForm !== undefined,
    peftType: adapter.peftType ?? (preset?.changesBaseWeight === true ? undefined : made?.peftType),
    hooks: Object.keys(adapter.hooks ?? {}),
    calibration: config.success ? adapter.calibration?.(config.data)?.kind : undefined,
    dropout: 'usesDropout' in adapter,
    optimizer: adapter.optimizer,
    engines: catalog.all('engine').map(({ id }) => id),
  };
}

function presetOf(id: string, presets: readonly Preset[]): { preset?: string } {
  const preset = presets.find((candidate) => candidate.id === id);
  return preset === undefined ? {} : { preset: preset.adapter };
}
