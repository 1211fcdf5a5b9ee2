import type { Product } from '../cli/product.ts';
import { runCommand, startCommand } from '../cli/product.ts';
import { waitUntil } from '../runs/waitUntil.ts';
import type { RandomStream } from '../../core/tensor/random.ts';
import { killWorkers, progressIn } from './studyHarness.ts';

/** Lines of metrics that the runs of the tiny study write in all: its last moments are as likely as its first. */
const linesInAll = 26;

/**
 * Starts the study in a folder and kills it, and its workers, once its runs have got as far as `random` says; returns whether it came so
 * far.
 */
export async function killStudy(product: Product, folder: string, random: RandomStream): Promise<boolean> {
  const study = startCommand(product, folder, ['study', 'tiny.study.yaml', '--json']);
  const far = random.integer(linesInAll);
  const isOver = (): boolean => study.child.exitCode !== null;
  await waitUntil(() => progressIn(folder) >= far || isOver());
  const wasRunning = !isOver();
  study.child.kill('SIGKILL');
  killWorkers(folder);
  await study.ended();
  return wasRunning;
}

/** Runs the study in a folder to its end. */
export async function finishStudy(product: Product, folder: string): Promise<number | null> {
  return (await runCommand(product, folder, ['study', 'tiny.study.yaml', '--json'])).code;
}
