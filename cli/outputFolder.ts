import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { RlvrError } from '../core/errors.ts';
import { discard, temporaryName } from '../core/model/atomicFile.ts';
import { writing } from '../core/runs/writing.ts';

/** A folder that a command makes. */
export interface OutputFolder {
  /** Absolute. */
  readonly target: string;
  /** As the user wrote it. */
  readonly name: string;
  /** A file that is in every folder of this kind: only such a folder is ever replaced. */
  readonly mark: string;
  /** What such a folder is called: `model folder`. */
  readonly kind: string;
  /** Whether the user asked for one that is there to be replaced. */
  readonly force: boolean;
}

/** Throws `run/unwritable` where something is there that must not be replaced. For before the work begins. */
export function checkOutputFolder(output: OutputFolder): void {
  writing(output.target, () => isReplaced(output));
}

/** Writes a new folder, whole or not at all: beside the old one where there is one, and then swaps them. Throws `run/unwritable`. */
export async function writeOutputFolder(
  output: OutputFolder,
  write: (folder: string) => void | Promise<void>,
): Promise<void> {
  const { target } = output;
  const replaces = writing(target, () => isReplaced(output));
  const [next, old] = [temporaryName(target), temporaryName(target)];
  try {
    writing(target, () => mkdirSync(next, { recursive: true }));
    await write(next);
    writing(target, () => {
      if (replaces) renameSync(target, old);
      else if (existsSync(target)) rmSync(target, { recursive: true });
      renameSync(next, target);
      rmSync(old, { recursive: true, force: true });
    });
  } catch (error) {
    discard(next);
    throw error;
  }
}

/** Bytes of the files of a folder. */
export function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

function isReplaced({ target, name, mark, kind, force }: OutputFolder): boolean {
  const entry = statSync(target, { throwIfNoEntry: false });
  if (entry === undefined || (entry.isDirectory() && readdirSync(target).length === 0)) return false;
  const isOfKind = entry.isDirectory() && existsSync(path.join(target, mark));
  if (isOfKind && force) return true;
  const article = /^[aeiou]/.test(kind) ? 'an' : 'a';
  const hint = isOfKind
    ? `It is ${article} ${kind}: --force replaces it.`
    : `It is no ${kind}, so it is not replaced: name a new folder.`;
  throw new RlvrError('run/unwritable', `${name} exists already. ${hint}`, { path: target });
}
