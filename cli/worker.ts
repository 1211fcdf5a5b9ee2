import path from 'node:path';
import { plugins } from '../plugins/index.ts';
import { runWorker } from './runWorker.ts';
import { attachedFlag } from './startWorker.ts';
import { findPluginFolder } from './userPlugins/pluginFolder.ts';

if (process.argv.includes(attachedFlag)) {
  // As if somebody had asked for it: the step in progress ends, a checkpoint is written.
  process.stdin.on('end', () => process.emit('SIGTERM', 'SIGTERM')).on('error', () => undefined);
  process.stdin.resume();
  process.stdin.unref();
}

process.exitCode = await runWorker(path.resolve(process.argv[2] ?? ''), async ({ source }) => {
  const folder = findPluginFolder(source.folder);
  if (folder === undefined) return plugins;
  return (await import('./userPlugins/loadUserPlugins.ts')).withUserPlugins(plugins, folder);
});
