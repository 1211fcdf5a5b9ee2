import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Message, Plugin } from 'esbuild-wasm';
import { RlvrError } from '../errors.ts';

/** A user's file as one ES module. */
export interface CompiledModule {
  readonly code: string;
  /** SHA-256 of the code, with everything that it imports but what `plugins` resolve. */
  readonly hash: string;
}

/**
 * Compiles a user's file and what it imports to one ES module for this Node.js: Node's modules stay, and packages are taken from where the
 * file lies. `what` names it in errors ("plugin"). Throws `plugin/unreadable` with the place in the file.
 */
export async function compileModule(
  file: string,
  what: string,
  plugins: readonly Plugin[] = [],
): Promise<CompiledModule> {
  const esbuild = await import('esbuild-wasm');
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: [file],
      absWorkingDir: path.dirname(file),
      outfile: path.join(path.dirname(file), `${what}.mjs`),
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      sourcemap: 'external',
      charset: 'utf8',
      logLevel: 'silent',
      // A project's own settings for editors must not change what its code does.
      tsconfigRaw: {},
      plugins: [...plugins],
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
    throw new RlvrError('plugin/unreadable', `The ${what} ${file} cannot be compiled: ${problemInWords(problem)}.`, {
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
