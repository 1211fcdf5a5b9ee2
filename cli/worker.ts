import path from 'node:path';
import { plugins } from '../plugins/index.ts';
import { runWorker } from './runWorker.ts';
import { findPluginFolder } from './userPlugins/pluginFolder.ts';

process.exitCode = await runWorker(path.resolve(process.argv[2] ?? ''), async ({ source }) => {
  const folder = findPluginFolder(source.folder);
  if (folder === undefined) return plugins;
  return (await import('./userPlugins/loadUserPlugins.ts')).withUserPlugins(plugins, folder);
});
