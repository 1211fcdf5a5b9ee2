// Bundles the command line and the training worker into dist/.
// --clean also removes what earlier builds left there, which running processes may still load from.
import { build } from 'esbuild';
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSetupState } from './setupState.mjs';
import { sourceHash } from './sourceHash.mjs';
import { thirdPartyNotice } from './thirdParty.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where the product starts: name in dist/ -> source file. */
export const productEntries = {
  cli: 'cli/main.ts',
  worker: 'cli/worker.ts',
  linalg: 'core/linalg/threads/worker.ts',
  verifier: 'core/verifier/pool/worker.ts',
};

/** Packages that stay outside: they load native files that lie beside their sources. */
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

// Bundled CommonJS packages ask for Node's modules with `require`, which an ES module does not have.
const banner = `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`;

/**
 * Bundles entries (name -> source file) into a folder of the repository; shared and lazily imported code becomes chunks beside them.
 * @param {Record<string, string>} entries
 * @param {{ folder: string, clean?: boolean }} options
 */
export async function bundle(entries, { folder, clean = false }) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // tfjs-core's `main` is one CommonJS file that holds everything and registers no gradients.
    mainFields: ['module', 'main'],
    external: Object.keys(dependencies),
    banner: { js: banner },
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  const notice = join(root, folder, 'THIRD-PARTY.txt');
  outputFiles.push({ path: notice, contents: thirdPartyNotice(root, Object.keys(metafile.inputs)) });
  writeOutputs(outputFiles, Object.keys(entries));
  if (clean) removeOthers(join(root, folder), new Set(outputFiles.map((file) => file.path)));
}

/** Entries come last and by renaming, so that a process which starts now finds every chunk of the entry that it reads. */
function writeOutputs(outputFiles, entryNames) {
  const isEntry = (file) => entryNames.includes(basename(file.path, '.js'));
  for (const file of outputFiles.toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) {
    mkdirSync(dirname(file.path), { recursive: true });
    const temporary = `${file.path}.${process.pid}`;
    writeFileSync(temporary, file.contents);
    if (isEntry(file)) chmodSync(temporary, 0o755);
    renameSync(temporary, file.path);
  }
}

function removeOthers(folder, kept) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !kept.has(path)) rmSync(path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sources = sourceHash(root);
  try {
    await bundle(productEntries, { folder: 'dist', clean: process.argv.includes('--clean') });
    writeSetupState(root, { sources });
  } catch (error) {
    // esbuild has already said what is wrong with the sources, and where.
    if (!Array.isArray(error.errors)) throw error;
    process.exitCode = 1;
  }
}
