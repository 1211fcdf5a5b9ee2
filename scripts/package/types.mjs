// npm's `prepack`: the type declarations that plugins of users are checked against, in dist/types: those of core/ which plugins may
// import, and with them those of zod and tfjs-core, which are bundled and so not installed.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolPath } from '../tools.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const types = join(root, 'dist', 'types');

/** Packages whose types are part of the contracts: name -> folder in dist/types. */
const packages = { zod: 'zod', '@tensorflow/tfjs-core': 'tfjs-core' };

/** Folders that hold other builds or sources of the same declarations. */
const left = /[\\/](src|locales|node_modules)$/;

rmSync(types, { recursive: true, force: true });
execFileSync(process.execPath, [toolPath('typescript', 'tsc'), '-p', join(root, 'tsconfig.types.json')], {
  cwd: root,
  stdio: 'inherit',
});
for (const [name, folder] of Object.entries(packages)) {
  const source = join(root, 'node_modules', name);
  cpSync(source, join(types, folder), {
    recursive: true,
    filter: (path) => path === source || (!left.test(path) && (extname(path) === '' || /\.d\.ts$/.test(path))),
  });
}
if (!existsSync(join(types, 'core', 'errors.d.ts'))) throw new Error('dist/types holds no declarations of core/');
