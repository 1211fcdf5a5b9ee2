import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { readRun } from '../../core/runs/runJson.ts';
import { findRun } from '../../core/runs/runStore.ts';

/** The folder of a project's own plugins, from the folder of the project. */
export const pluginFolderName = path.join('.rlvr', 'plugins');

/** Plugins are `*.ts`, `*.mts`, `*.js` and `*.mjs`; tests, declarations and what begins with `_` or `.` are not. */
const pluginFile = /^(?![_.])(?!.*\.(?:test|d)\.m?[jt]s$).*\.m?[jt]s$/;

/** The nearest `.rlvr/plugins` from `start` upward; undefined where there is none. Absolute. */
export function findPluginFolder(start: string): string | undefined {
  for (let folder = path.resolve(start); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, pluginFolderName);
    if (statSync(candidate, { throwIfNoEntry: false })?.isDirectory() === true) return candidate;
    if (folder === path.dirname(folder)) return undefined;
  }
}

/** The plugin files of a folder, in the order of their names. Absolute. */
export function pluginFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => pluginFile.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}

/**
 * Where the plugins of a command are looked for: from the folder of the experiment that it names (or that the run was started with) upward,
 * else from the current folder.
 */
export function pluginStart(given: readonly unknown[], cwd: string, runsFolder: string): string {
  const [first] = given;
  if (typeof first !== 'string') return cwd;
  const named = path.resolve(cwd, first);
  if (statSync(named, { throwIfNoEntry: false })?.isFile() === true) return path.dirname(named);
  try {
    return readRun(findRun(runsFolder, first)).source.folder;
  } catch {
    // Whatever is wrong with it, the command says so.
    return cwd;
  }
}
