import type { Adapter } from '../../core/contracts/adapter.ts';
import type { PluginDescription } from '../../core/contracts/plugin.ts';
import type { PluginCatalog, PluginKind } from '../../core/contracts/pluginCatalog.ts';
import type { Preset } from '../../core/contracts/preset.ts';
import { didYouMean } from '../../core/didYouMean.ts';
import { RlvrError } from '../../core/errors.ts';
import { pluginOptions } from '../../core/experiment/pluginOptions.ts';
import type { PluginOption } from '../../core/experiment/pluginOptions.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { capabilitiesOf, describePlugin } from '../describePlugin.ts';
import { exitCodes } from '../exitCodes.ts';
import { writeTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { writeJson, writeLine } from '../terminal.ts';

const titles: Readonly<Record<PluginKind, string>> = {
  adapter: 'Adapters',
  reward: 'Rewards',
  objective: 'Objectives',
  optimizer: 'Optimizers',
  dataset: 'Data sets',
  analyzer: 'Analyzers',
  engine: 'Engines',
};
const kinds = Object.keys(titles) as readonly PluginKind[];

/**
 * `rlvr plugins [KIND] [ID]`: what there is to choose from. Methods are a table; of everything else, and of a
 * method that is named, every option is told with its default.
 */
export async function pluginsCommand(
  context: CommandContext,
  kindName: string | undefined,
  id: string | undefined,
): Promise<number> {
  const wanted = kindName === undefined ? kinds : [kindOf(kindName)];
  const catalog = await loadCatalog(context);
  const { presets } = await context.plugins();
  const found = wanted.flatMap((kind) => pluginsOf(catalog, kind, id).map((plugin) => ({ kind, plugin })));
  const { terminal } = context;
  if (context.json) {
    writeJson(
      terminal,
      found.map(({ kind, plugin }) => describePlugin(kind, plugin, catalog, presets)),
    );
    return exitCodes.success;
  }
  for (const kind of wanted) {
    const plugins = found.filter((entry) => entry.kind === kind).map(({ plugin }) => plugin);
    if (plugins.length > 0) writeLine(terminal, terminal.style('bold', titles[kind]));
    if (kind === 'adapter' && id === undefined) writeMethods(terminal, catalog, presets);
    else
      for (const plugin of plugins)
        writePlugin(
          terminal,
          plugin,
          kind === 'adapter' ? methodFacts(catalog.find('adapter', plugin.id), catalog, presets) : [],
        );
  }
  if (found.length === 0) writeLine(terminal, `There is no ${wanted.join(' or ')} plugin.`);
  return exitCodes.success;
}

/** Methods as a table: what they compute, and how they start and are exchanged. */
function writeMethods(terminal: Terminal, catalog: PluginCatalog, presets: readonly Preset[]): void {
  const columns = ['method', 'computes', 'start', 'PEFT', 'optimizer'].map((title) => ({ title }));
  const rows = catalog.all('adapter').map((adapter) => {
    const { identityAtStart, peftType, optimizer, calibration } = capabilitiesOf(adapter, catalog, presets);
    const start = `${identityAtStart ? 'the base' : 'another'}${calibration === undefined ? '' : `, from ${calibration}`}`;
    return [adapter.id, adapter.formula, start, peftType ?? '-', optimizer ?? 'any'];
  });
  writeTable(terminal, columns, rows);
  writeLine(
    terminal,
    'All are folded into the weights (`rlvr merge`). `rlvr plugins adapter lora` tells the options of one.',
  );
  writeLine(terminal);
}

function methodFacts(adapter: Adapter, catalog: PluginCatalog, presets: readonly Preset[]): readonly string[] {
  const { identityAtStart, loraForm, peftType, optimizer, calibration, engines } = capabilitiesOf(
    adapter,
    catalog,
    presets,
  );
  return [
    `computes ${adapter.formula}`,
    `${identityAtStart ? 'starts at the base' : 'does not start at the base'}; ${loraForm ? 'has' : 'has no'} form as plain LoRA`,
    `PEFT: ${peftType ?? 'does not have it'}; trained by ${engines.join(', ')}`,
    ...(optimizer === undefined ? [] : [`its optimizer is ${optimizer}`]),
    ...(calibration === undefined ? [] : [`looks at ${calibration} of the base before the first step`]),
  ];
}

function pluginsOf(
  catalog: PluginCatalog,
  kind: PluginKind,
  id: string | undefined,
): readonly PluginDescription<unknown>[] {
  return id === undefined ? catalog.all(kind) : [catalog.find(kind, id)];
}

function kindOf(name: string): PluginKind {
  const kind = kinds.find((candidate) => candidate === name || `${candidate}s` === name);
  if (kind !== undefined) return kind;
  const message = `There is no kind of plugin named "${name}".${didYouMean(name, kinds)} There are: ${kinds.join(', ')}.`;
  throw new RlvrError('usage', message, { kind: name, choices: kinds });
}

function writePlugin(terminal: Terminal, plugin: PluginDescription<unknown>, facts: readonly string[]): void {
  writeLine(terminal, `  ${terminal.style('cyan', plugin.id)}  ${plugin.summary}`);
  writeLine(terminal, `    ${terminal.style('dim', `from ${plugin.source}`)}`);
  for (const fact of facts) writeLine(terminal, `    ${fact}`);
  for (const option of pluginOptions(plugin)) {
    const { name, type, description = '' } = option;
    writeLine(terminal, `    ${name}  ${terminal.style('dim', `${type}${fallback(option)}`)}`);
    if (description !== '') writeLine(terminal, `        ${description}`);
  }
  writeLine(terminal);
}

function fallback({ default: value, required, aliases }: PluginOption): string {
  const also = aliases.length === 0 ? '' : `; also ${aliases.join(', ')}`;
  if (value !== undefined) return `, default ${JSON.stringify(value)}${also}`;
  return `${required ? ', required' : ', not set by default'}${also}`;
}
