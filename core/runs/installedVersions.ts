import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { version_core as tfjs } from '@tensorflow/tfjs-core';
import type { LoadedVersions } from './environment.ts';

/** Versions of this package and of the libraries it computes with, and the program that runs. */
export function installedVersions(): Omit<LoadedVersions, 'threads'> {
  const require = createRequire(import.meta.url);
  return {
    package: versionIn(nearestPackage(path.dirname(fileURLToPath(import.meta.url)))),
    onnxruntime: versionIn(nearestPackage(path.dirname(require.resolve('onnxruntime-node')))),
    tfjs,
    // Bundled chunks are named by their content, so the entry's bytes change whenever any code does.
    programFile: process.argv[1] ?? fileURLToPath(import.meta.url),
  };
}

function nearestPackage(folder: string): string {
  for (let at = folder; ; at = path.dirname(at)) {
    const file = path.join(at, 'package.json');
    if (existsSync(file) && versionIn(file) !== '') return file;
    if (at === path.dirname(at)) throw new Error(`there is no package.json above ${folder}`);
  }
}

function versionIn(file: string): string {
  const { version = '' } = JSON.parse(readFileSync(file, 'utf8')) as { version?: string };
  return version;
}
