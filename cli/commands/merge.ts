import path from 'node:path';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { exportModel, modelOutput } from '../exportModel.ts';
import { checkOutputFolder } from '../outputFolder.ts';
import { findRunSubject } from '../subject.ts';

/** Options of `rlvr merge`. */
export interface MergeOptions {
  readonly out: string;
  readonly checkpoint?: number | 'best';
  /** Whether a model folder that is there already is replaced. */
  readonly force?: boolean;
}

/** `rlvr merge RUN --out FOLDER`: folds the adapter into the model and writes a Hugging Face folder, whole or not at all. */
export async function mergeCommand(context: CommandContext, reference: string, options: MergeOptions): Promise<number> {
  const output = modelOutput(path.resolve(context.cwd, options.out), options.out, options.force);
  checkOutputFolder(output);
  const subject = findRunSubject(context, reference, options.checkpoint);
  await exportModel(context, subject, output, await loadCatalog(context));
  return exitCodes.success;
}
