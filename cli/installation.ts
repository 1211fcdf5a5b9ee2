import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const programFolder = path.dirname(fileURLToPath(import.meta.url));

/** The program that trains, beside the one that runs now. */
export function workerFile(): string {
  return path.join(programFolder, 'worker.js');
}

/** The command line itself. */
export function commandLineFile(): string {
  return path.join(programFolder, 'cli.js');
}

/** The folder of this package: the nearest one upward with a package.json. */
export function packageFolder(): string {
  for (let folder = programFolder; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder)) throw new Error(`there is no package.json above ${programFolder}`);
  }
}

/** This package's version. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(path.join(packageFolder(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
