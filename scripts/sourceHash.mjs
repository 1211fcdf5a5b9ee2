// What the set-up compares to find out whether anything is to be installed or built. Only Node's own modules.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const sourceFolders = ['core', 'plugins', 'cli', 'extension', 'webviews'];
const sourceFiles = ['package-lock.json', 'tsconfig.json', 'scripts/build.mjs'];

/**
 * A hash of everything that the build reads.
 * @param {string} root
 */
export function sourceHash(root) {
  const files = [...sourceFiles, ...sourceFolders.flatMap((folder) => filesBelow(root, folder))];
  const hash = createHash('sha256');
  for (const file of files.filter((name) => existsSync(join(root, name))).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * A hash of what decides which packages are installed, and for which platform.
 * @param {string} root
 */
export function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
}

function filesBelow(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
