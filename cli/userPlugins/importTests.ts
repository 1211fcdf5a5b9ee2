import { RlvrError } from '../../core/errors.ts';
import { compilePlugin } from './compilePlugin.ts';
import { importCode, pluginPatience } from './loadPlugin.ts';
import { watched } from './watch.ts';

/** Tests by what they check, as a file exports them: `export const tests = { 'adds up': () => ... }`. */
export type PluginTests = Readonly<Record<string, () => void | Promise<void>>>;

/** Compiles a file with tests of a plugin and loads them. Throws `plugin/invalid` where it exports none. */
export async function importTests(file: string): Promise<PluginTests> {
  const { tests } = await watched({ task: `Loading the tests ${file}`, seconds: pluginPatience() }, async () =>
    importCode(file, (await compilePlugin(file)).code),
  );
  const isTests =
    typeof tests === 'object' && tests !== null && Object.values(tests).every((test) => typeof test === 'function');
  if (isTests) return tests as PluginTests;
  const message = `The tests ${file} cannot be used: export them as \`export const tests = { 'what is tested': () => ... }\`.`;
  throw new RlvrError('plugin/invalid', message, { file });
}
