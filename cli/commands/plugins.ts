import type { PluginDescription } from '../../core/contracts/plugin.ts';
import type { PluginCatalog, PluginKind } from '../../core/contracts/pluginCatalog.ts';
import { didYouMean } from '../../core/didYouMean.ts';
import { RlvrError } from '../../core/errors.ts';
import { pluginOptions } from '../../core/experiment/pluginOptions.ts';
import type { PluginOption } from '../../core/experiment/pluginOptions.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
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

/** `rlvr plugins [KIND] [ID]`: what there is to choose from, with every option and its default. */
export async function pluginsCommand(
  context: CommandContext,
  kindName: string | undefined,
  id: string | undefined,
): Promise<number> {
  const wanted = kindName === undefined ? kinds : [kindOf(kindName)];
  const catalog = await loadCatalog(context);
  const found = wanted.flatMap((kind) => pluginsOf(catalog, kind, id).map((plugin) => ({ kind, plugin })));
  if (context.json) {
    writeJson(context.terminal, found.map(describeJson));
    return exitCodes.success;
  }
  for (const kind of wanted) {
    const plugins = found.filter((entry) => entry.kind === kind);
    if (plugins.length > 0) writeLine(context.terminal, context.terminal.style('bold', titles[kind]));
    for (const { plugin } of plugins) writePlugin(context.terminal, plugin);
  }
  if (found.length === 0) writeLine(context.terminal, `There is no ${wanted.join(' or ')} plugin.`);
  return exitCodes.success;
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

function describeJson({ kind, plugin }: { kind: PluginKind; plugin: PluginDescription<unknown> }): object {
  const { id, summary, source } = plugin;
  return { kind, id, summary, source, options: pluginOptions(plugin) };
}

function writePlugin(terminal: Terminal, plugin: PluginDescription<unknown>): void {
  writeLine(terminal, `  ${terminal.style('cyan', plugin.id)}  ${plugin.summary}`);
  writeLine(terminal, `    ${terminal.style('dim', `from ${plugin.source}`)}`);
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
