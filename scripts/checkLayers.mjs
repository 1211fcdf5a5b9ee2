// Checks the layer rules of .dependency-cruiser.mjs, and that they were checked on as many modules as there should be:
// a parser that understands no TypeScript sees no module and finds nothing wrong.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import { root } from './tools.mjs';

/** About four fifths of what there is; raise it as the code grows. */
const fewestModules = 400;
const folders = ['core', 'plugins', 'cli', 'extension', 'webviews', 'samples', 'bench', 'test'];

/**
 * Cruises a folder laid out as this repository is.
 * @param {string} baseDir
 * @returns {Promise<{ modules: number, violations: { rule: string, comment: string, from: string, to: string }[] }>}
 */
export async function checkLayers(baseDir) {
  const { forbidden, options } = await extractConfig(join(root, '.dependency-cruiser.mjs'));
  const present = folders.filter((folder) => existsSync(join(baseDir, folder)));
  const { output } = await cruise(present, { ...options, baseDir, validate: true, ruleSet: { forbidden } });
  return {
    modules: output.modules.filter(({ source }) => folders.includes(source.split('/')[0])).length,
    violations: output.summary.violations.map(({ rule, from, to }) => ({
      rule: rule.name,
      comment: forbidden.find(({ name }) => name === rule.name)?.comment ?? '',
      from,
      to,
    })),
  };
}

async function main() {
  const { modules, violations } = await checkLayers(root);
  for (const { rule, comment, from, to } of violations) console.error(`${rule}: ${from} -> ${to}\n  ${comment}`);
  if (modules < fewestModules) {
    console.error(
      `Only ${modules} modules were seen, fewer than ${fewestModules}: the rules were not checked on all of the code.`,
    );
  }
  console.log(`${modules} modules, ${violations.length} violations of the layers`);
  process.exitCode = violations.length > 0 || modules < fewestModules ? 1 : 0;
}

if (process.argv[1] === import.meta.filename) await main();
