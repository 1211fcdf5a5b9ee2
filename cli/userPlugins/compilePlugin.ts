import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Message, Plugin } from 'esbuild-wasm';
import { didYouMean } from '../../core/didYouMean.ts';
import { RlvrError } from '../../core/errors.ts';
import { pluginModules } from './pluginModules.ts';

/** A plugin's file as one ES module. */
export interface CompiledPlugin {
  readonly code: string;
  /** SHA-256 of the code, with everything that it imports but what the product gives it. */
  readonly hash: string;
}

/** Where compiled plugins find the product's modules in the process that runs them. */
const registry = Symbol.for('rlvr-lab.pluginModules');
const namespace = 'rlvr-lab';
const identifier = /^[A-Za-z_$][\w$]*$/;

/**
 * Compiles a plugin and what it imports. `rlvr-lab/...`, tfjs-core and zod become the copies of this process; Node's modules stay, and
 * packages are taken from where the file lies. Throws `plugin/unreadable` with the place in the file.
 */
export async function compilePlugin(file: string): Promise<CompiledPlugin> {
  const esbuild = await import('esbuild-wasm');
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: [file],
      absWorkingDir: path.dirname(file),
      outfile: path.join(path.dirname(file), 'plugin.mjs'),
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      sourcemap: 'external',
      charset: 'utf8',
      logLevel: 'silent',
      // A project's own settings for editors must not change what a plugin does.
      tsconfigRaw: {},
      plugins: [productModules()],
    });
    const [map, code] = ['.map', '.mjs'].map(
      (end) => outputFiles.find((output) => output.path.endsWith(end))?.text ?? '',
    );
    const inline = Buffer.from(map ?? '').toString('base64');
    return {
      code: `${code ?? ''}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`,
      hash: createHash('sha256')
        .update(code ?? '')
        .digest('hex'),
    };
  } catch (error) {
    const [problem] = (error as { errors?: readonly Message[] }).errors ?? [];
    if (problem === undefined) throw error;
    throw new RlvrError('plugin/unreadable', `The plugin ${file} cannot be compiled: ${problemInWords(problem)}.`, {
      file,
    });
  } finally {
    await esbuild.stop();
  }
}

function problemInWords({ text, location }: Message): string {
  const sentence = text.replace(/\.$/, '');
  return location === null ? sentence : `line ${location.line}, column ${location.column + 1}: ${sentence}`;
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
