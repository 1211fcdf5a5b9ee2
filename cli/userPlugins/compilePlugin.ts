import path from 'node:path';
import type { Plugin } from 'esbuild-wasm';
import { didYouMean } from '../../core/didYouMean.ts';
import { compileModule, type CompiledModule } from '../../core/userFunctions/compileModule.ts';
import { pluginModules } from './pluginModules.ts';

/** Where compiled plugins find the product's modules in the process that runs them. */
const registry = Symbol.for('rlvr-lab.pluginModules');
const namespace = 'rlvr-lab';
const identifier = /^[A-Za-z_$][\w$]*$/;

/**
 * Compiles a plugin and what it imports. `rlvr-lab/...`, tfjs-core and zod become the copies of this process; Node's modules stay, and
 * packages are taken from where the file lies. Throws `plugin/unreadable` with the place in the file.
 */
export function compilePlugin(file: string): Promise<CompiledModule> {
  return compileModule(file, 'plugin', [productModules()]);
}

function productModules(): Plugin {
  return {
    name: 'rlvr-lab',
    setup: (build) => {
      build.onResolve({ filter: /^(?:rlvr-lab(?:\/|$)|@tensorflow\/|zod(?:\/|$))/ }, ({ path: name }) => {
        const module = name.replace(/\.(?:ts|js)$/, '');
        if (pluginModules.has(module)) return { path: module, namespace };
        const all = [...pluginModules.keys()];
        const near = all.filter((choice) => path.posix.dirname(choice) === path.posix.dirname(module));
        const choices = (near.length > 0 ? near : all).join(', ');
        const text = `There is no module "${name}".${didYouMean(name, all)} There are: ${choices}`;
        return { errors: [{ text }] };
      });
      build.onLoad({ filter: /.*/, namespace }, async ({ path: name }) => ({
        contents: await reexports(name),
        loader: 'js',
      }));
    },
  };
}

/** A module that exports what the product's module of this name exports. */
async function reexports(name: string): Promise<string> {
  const module = await pluginModules.get(name)?.();
  const modules = ((globalThis as Record<symbol, unknown>)[registry] ??= new Map<string, object>()) as Map<
    string,
    object
  >;
  modules.set(name, module ?? {});
  const names = Object.keys(module ?? {}).filter((key) => key !== 'default' && identifier.test(key));
  return [
    `const module = globalThis[Symbol.for(${JSON.stringify(registry.description)})].get(${JSON.stringify(name)});`,
    ...names.map((key, index) => `const value${index} = module[${JSON.stringify(key)}];`),
    `export { ${names.map((key, index) => `value${index} as ${key}`).join(', ')} };`,
  ].join('\n');
}
