import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { RlvrError } from '../../core/errors.ts';
import { temporaryName } from '../../core/model/atomicFile.ts';
import { formatCount, formatValue } from '../../core/report/formatValue.ts';
import { writing } from '../../core/runs/writing.ts';
import { writeMergedModel } from '../../core/training/exportCheckpoint.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { loadPolicy } from '../loadedPolicy.ts';
import { findRunSubject } from '../subject.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** Options of `rlvr merge`. */
export interface MergeOptions {
  readonly out: string;
  readonly checkpoint?: number;
  /** Whether a model folder that is there already is replaced. */
  readonly force?: boolean;
}

/** `rlvr merge RUN --out FOLDER`: folds the adapter into the model and writes a Hugging Face folder, whole or not at all. */
export async function mergeCommand(context: CommandContext, reference: string, options: MergeOptions): Promise<number> {
  const { cwd, terminal, json } = context;
  const target = path.resolve(cwd, options.out);
  const isReplaced = writing(target, () => checkTarget(target, options));
  const subject = findRunSubject(context, reference, options.checkpoint);
  const { checkpoint, weights } = await loadPolicy(subject, await loadCatalog(context));
  const write = (folder: string): void => {
    writeMergedModel(folder, subject.modelFolder, checkpoint, weights);
  };
  if (isReplaced) replaceFolder(target, write);
  else write(target);
  const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  const bytes = readdirSync(target).reduce((sum, name) => sum + statSync(path.join(target, name)).size, 0);
  if (json) {
    writeJson(terminal, { run: subject.name, step: subject.step, folder: target, parameters, bytes, dtype: 'float32' });
  } else {
    const size = `${formatCount(parameters)} parameters in float32, ${formatValue(bytes, 'bytes')}`;
    writeLine(terminal, `Merged run ${subject.name} at step ${subject.step} into ${options.out} (${size}).`);
    writeLine(
      terminal,
      `Next: \`rlvr generate ${options.out}\` talks with it; transformers loads it as any model folder.`,
    );
  }
  return exitCodes.success;
}

/** Whether there is a model to be replaced. Nothing but a model folder ever is. */
function checkTarget(target: string, { out, force = false }: MergeOptions): boolean {
  const entry = statSync(target, { throwIfNoEntry: false });
  if (entry === undefined || (entry.isDirectory() && readdirSync(target).length === 0)) return false;
  const isModel = entry.isDirectory() && existsSync(path.join(target, 'config.json'));
  if (isModel && force) return true;
  const hint = isModel
    ? 'It is a model folder: --force replaces it.'
    : 'It is no model folder, so it is not replaced: name a new folder.';
  throw new RlvrError('run/unwritable', `${out} exists already. ${hint}`, { path: target });
}

/** Writes a new folder beside the old one and swaps them, so that one of the two is always there whole. */
function replaceFolder(target: string, write: (folder: string) => void): void {
  const [next, old] = [temporaryName(target), temporaryName(target)];
  write(next);
  writing(target, () => {
    renameSync(target, old);
    renameSync(next, target);
    rmSync(old, { recursive: true, force: true });
  });
}
