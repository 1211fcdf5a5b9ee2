import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { startProgram } from '../runs/program.ts';
import type { RunningProgram } from '../runs/program.ts';

const root = path.resolve(import.meta.dirname, '../..');

interface Bundler {
  readonly productEntries: Readonly<Record<string, string>>;
  bundle(entries: Readonly<Record<string, string>>, options: { readonly folder: string }): Promise<void>;
}

/** The command line and the training program, built as the package has them. */
export interface Product {
  readonly cli: string;
  readonly worker: string;
  remove(): void;
}

/** Builds the product from the sources as they are, into a folder of its own that nothing else touches. */
async function buildProduct(): Promise<Product> {
  const { bundle, productEntries } = (await import(
    pathToFileURL(path.join(root, 'scripts', 'build.mjs')).href
  )) as Bundler;
  // In the repository, so that the native package is found.
  const folder = path.join('build', `test-${process.pid}-${randomBytes(4).toString('hex')}`);
  await bundle(productEntries, { folder });
  return {
    cli: path.join(root, folder, 'cli.js'),
    worker: path.join(root, folder, 'worker.js'),
    remove: () => {
      rmSync(path.join(root, folder), { recursive: true, force: true });
    },
  };
}

/** The product for the tests of a file: built before them, removed after. */
export function productOfSuite(): () => Product {
  let product: Product | undefined;
  beforeAll(async () => {
    product = await buildProduct();
  });
  afterAll(() => {
    product?.remove();
  });
  return () => {
    if (product === undefined) throw new Error('the product is there once the tests have begun');
    return product;
  };
}

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts a command as a user does in the folder `cwd`, where runs are kept in `.rlvr/runs`. */
export function startCommand(product: Product, cwd: string, args: readonly string[]): RunningProgram {
  return startProgram(product.cli, args, { cwd, env: { RLVR_RUNS: '', NO_COLOR: '1' } });
}

/** Carries out a command to its end. */
export async function runCommand(product: Product, cwd: string, args: readonly string[]): Promise<CommandResult> {
  const { code, out, err } = await startCommand(product, cwd, args).ended();
  return { code, out, err };
}
