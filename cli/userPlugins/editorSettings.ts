import { existsSync } from 'node:fs';
import path from 'node:path';
import { packageFolder } from '../installation.ts';

/**
 * The `tsconfig.json` beside a project's plugins: editors and `tsc -p .rlvr/plugins` then find what plugins import where this package keeps
 * its declarations. Plugins run without it.
 */
export function editorSettings(pluginFolder: string): string {
  const root = packageFolder();
  const isClone = existsSync(path.join(root, 'core', 'errors.ts'));
  const types = path.join(root, 'dist', 'types');
  const relative = (...parts: readonly string[]): string => {
    const target = path
      .relative(pluginFolder, path.join(...parts))
      .split(path.sep)
      .join('/');
    return target.startsWith('.') ? target : `./${target}`;
  };
  const paths = isClone
    ? {
        'rlvr-lab/*': [relative(root, 'core', '*.ts')],
        '@tensorflow/tfjs-core': [relative(root, 'node_modules', '@tensorflow', 'tfjs-core')],
        zod: [relative(root, 'node_modules', 'zod')],
      }
    : {
        'rlvr-lab/*': [relative(types, 'core', '*.d.ts')],
        '@tensorflow/tfjs-core': [relative(types, 'tfjs-core', 'dist', 'index.d.ts')],
        zod: [relative(types, 'zod', 'index.d.ts')],
      };
  const settings = {
    compilerOptions: {
      target: 'ES2023',
      lib: ['ES2023'],
      module: 'ESNext',
      moduleResolution: 'bundler',
      allowImportingTsExtensions: true,
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      types: isClone ? ['node'] : [],
      ...(isClone ? { typeRoots: [relative(root, 'node_modules', '@types')] } : {}),
      paths,
    },
    include: ['*.ts'],
  };
  return `${JSON.stringify(settings, undefined, 2)}\n`;
}
