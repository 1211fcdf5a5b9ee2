import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const packageOfPath = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;
const licenceFile = /^(licen[cs]e|copying|notice)/i;

/**
 * The licences of the packages that a bundle was made from, as one text.
 * @param {string} root
 * @param {string[]} inputs the source files of the bundle, relative to `root`
 */
export function thirdPartyNotice(root, inputs) {
  const folders = new Set(inputs.map((path) => packageOfPath.exec(path)?.[0]).filter((folder) => folder !== undefined));
  return [...folders]
    .sort()
    .map((folder) => entryOf(join(root, folder)))
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function entryOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && licenceFile.test(entry.name))
    .map((entry) => readFileSync(join(folder, entry.name), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n').concat('\n');
}
