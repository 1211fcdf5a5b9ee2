import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../core/errors.ts';
import { parseExperiment } from '../core/experiment/parse.ts';
import type { PluginChoice } from '../core/experiment/pluginChoices.ts';
import { resolveExperiment } from '../core/experiment/resolve.ts';
import { firstChoices } from './firstChoices.ts';

/**
 * A method with its settings as `--set r=8` gives them, checked and with every default filled in. Throws `config/...` errors as an
 * experiment with this adapter does.
 */
export function chooseAdapter(type: string, settings: readonly string[], catalog: PluginCatalog): PluginChoice {
  const experiment = {
    name: 'adapter',
    model: { path: '.' },
    adapter: { type: catalog.find('adapter', type).id },
    ...firstChoices(catalog),
  };
  const overrides = settings.map((setting) => (setting.startsWith('adapter.') ? setting : `adapter.${setting}`));
  try {
    const parsed = parseExperiment(JSON.stringify(experiment), '', overrides);
    return resolveExperiment(parsed, catalog).experiment.adapter;
  } catch (error) {
    // What was not set stands in no file, so there are no lines to name.
    if (!(error instanceof RlvrError)) throw error;
    throw new RlvrError(error.code, error.message.replace(/^:\d+:\d+: /gm, ''), error.fields, { cause: error });
  }
}
