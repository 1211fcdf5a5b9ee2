import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PluginKind } from '../../core/contracts/pluginCatalog.ts';
import type { PluginDescription } from '../../core/contracts/plugin.ts';
import { RlvrError, messageOf } from '../../core/errors.ts';
import { compilePlugin } from './compilePlugin.ts';
import { watched } from './watch.ts';

/** Kinds that a user can add: those of the contracts but engines, and presets. */
export type UserPluginKind = Exclude<PluginKind, 'engine'> | 'preset';

/** A plugin from a user's file, as it is. */
export interface LoadedPlugin {
  readonly kind: UserPluginKind;
  readonly plugin: PluginDescription<unknown>;
  readonly file: string;
  /** SHA-256 of the compiled file. */
  readonly hash: string;
}

/** What each kind must have beside `id`, `summary`, `source` and (but presets) a schema `config`: names of functions. */
const methods: Readonly<Record<UserPluginKind, readonly string[]>> = {
  adapter: ['isIdentityAtStart', 'targets', 'plan', 'attach', 'merged', 'toPeft', 'fromPeft'],
  preset: [],
  reward: ['create'],
  optimizer: ['slots', 'update'],
  objective: ['requirements', 'loss'],
  analyzer: ['analyze'],
  dataset: ['open'],
};

/** Seconds that a plugin may take to load, and each call of its methods while it is judged; RLVR_PLUGIN_SECONDS says it otherwise. */
export function pluginPatience(): number {
  const seconds = Number(process.env['RLVR_PLUGIN_SECONDS'] ?? '');
  return seconds > 0 ? seconds : 20;
}

/**
 * Compiles a user's file and loads the plugins that it exports by the names of their kinds (`export const adapter = ...`). The code runs in
 * this process. Throws `plugin/unreadable`, `plugin/failed` where it throws, `plugin/invalid` where what it exports is no plugin.
 */
export async function loadPlugin(file: string): Promise<readonly LoadedPlugin[]> {
  return watched({ task: `Loading the plugin ${file}`, seconds: pluginPatience() }, async () => {
    const { code, hash } = await compilePlugin(file);
    const exported = await importCode(file, code);
    const kinds = Object.keys(methods) as UserPluginKind[];
    const found = kinds.flatMap((kind) => {
      const plugin = exported[kind];
      return plugin === undefined ? [] : [{ kind, plugin: checkedPlugin(file, kind, plugin), file, hash }];
    });
    if (found.length > 0) return found;
    const names = Object.keys(exported);
    throw invalid(
      file,
      `it exports ${names.length === 0 ? 'nothing' : names.join(', ')}, but no plugin. A plugin is exported by its kind: ` +
        `\`export const adapter = ...\`, or ${kinds.slice(1).join(', ')}`,
    );
  });
}

/** Runs a compiled file in this process and gives what it exports. Throws `plugin/failed` where it throws. */
export async function importCode(file: string, code: string): Promise<Readonly<Record<string, unknown>>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rlvr-plugin-'));
  try {
    const compiled = path.join(folder, `${path.basename(file).replace(/\.[^.]+$/, '')}.mjs`);
    writeFileSync(compiled, code);
    return (await import(pathToFileURL(compiled).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new RlvrError(
      'plugin/failed',
      `The plugin ${file} failed while it was loaded: ${messageOf(error)}`,
      { file },
      { cause: error },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkedPlugin(file: string, kind: UserPluginKind, value: unknown): PluginDescription<unknown> {
  if (typeof value !== 'object' || value === null) throw invalid(file, `its export "${kind}" is no object`);
  const plugin = value as Readonly<Record<string, unknown>>;
  const texts = ['id', 'summary', 'source', ...(kind === 'adapter' || kind === 'preset' ? ['formula'] : [])];
  const text = texts.find((name) => typeof plugin[name] !== 'string' || plugin[name] === '');
  if (text !== undefined) throw invalid(file, `its ${kind} has no "${text}", a text`);
  const method = methods[kind].find((name) => typeof plugin[name] !== 'function');
  if (method !== undefined) throw invalid(file, `its ${kind} "${String(plugin['id'])}" has no function "${method}"`);
  const { config } = plugin;
  const isConfig =
    typeof config === 'object' &&
    config !== null &&
    (kind === 'preset' || typeof (config as { safeParse?: unknown }).safeParse === 'function');
  if (!isConfig) throw invalid(file, `its ${kind} "${String(plugin['id'])}" has no "config", a zod schema`);
  return value as PluginDescription<unknown>;
}

function invalid(file: string, problem: string): RlvrError {
  return new RlvrError('plugin/invalid', `The plugin ${file} cannot be used: ${problem}.`, { file });
}
