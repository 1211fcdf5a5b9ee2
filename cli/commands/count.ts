import { statSync } from 'node:fs';
import path from 'node:path';
import { countParameters } from '../../core/exchange/countParameters.ts';
import type { ParameterCount } from '../../core/exchange/countParameters.ts';
import { RlvrError } from '../../core/errors.ts';
import { chosenPlugin } from '../../core/experiment/pluginChoices.ts';
import { readModelConfig, readModelConfigFile } from '../../core/model/modelConfig.ts';
import type { DecoderConfig } from '../../core/model/modelConfig.ts';
import { formatCount } from '../../core/report/formatValue.ts';
import { chooseAdapter } from '../chooseAdapter.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { writeTable } from '../table.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** Options of `rlvr count`. */
export interface CountOptions {
  /** Id of the method. */
  readonly adapter: string;
  /** The method's own settings, as in `r=8`. */
  readonly set: readonly string[];
}

/** `rlvr count CONFIG|FOLDER --adapter TYPE`: what a method would train in a model, from its config.json alone. */
export async function countCommand(context: CommandContext, model: string, options: CountOptions): Promise<number> {
  const { cwd, terminal, json } = context;
  const config = readConfig(path.resolve(cwd, model));
  const catalog = await loadCatalog(context);
  const choice = chooseAdapter(options.adapter, options.set, catalog);
  const { plugin, config: adapterConfig } = chosenPlugin(catalog, 'adapter', choice);
  const count = countParameters(config, plugin, adapterConfig);
  if (json) writeJson(terminal, { model, adapter: choice, ...count });
  else {
    writeTable(
      terminal,
      [{ title: 'module' }, { title: 'layers', isNumber: true }, { title: 'trained', isNumber: true }],
      rowsOf(count),
    );
    const percent = (share: number): string => `${(100 * share).toFixed(share < 0.001 ? 4 : 3)} %`;
    const { trained, base, shareOfBase, shareOfAll } = count;
    writeLine(terminal);
    writeLine(terminal, `${plugin.id} trains ${formatCount(trained)} parameters; the base has ${formatCount(base)}.`);
    writeLine(
      terminal,
      `That is ${percent(shareOfBase)} of the base, or ${percent(shareOfAll)} counting the adapter, as PEFT does.`,
    );
  }
  return exitCodes.success;
}

function readConfig(target: string): DecoderConfig {
  const entry = statSync(target, { throwIfNoEntry: false });
  if (entry !== undefined) return entry.isDirectory() ? readModelConfig(target) : readModelConfigFile(target);
  throw new RlvrError('model/missing', `There is no ${target}; expected a config.json or a model folder.`, {
    path: target,
  });
}

function rowsOf({ modules, shared, trained }: ParameterCount): readonly (readonly string[])[] {
  const layers = modules.reduce((sum, module) => sum + module.layers, 0);
  return [
    ...modules.map((each) => [each.module, formatCount(each.layers), formatCount(each.parameters)]),
    ...(shared === 0 ? [] : [['shared by layers', '', formatCount(shared)]]),
    ['in all', formatCount(layers), formatCount(trained)],
  ];
}
