import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** A commit of a data set, as far as the cache holds its files. */
export interface CachedSnapshot {
  readonly commit: string;
  readonly folder: string;
  /** Paths of its files inside the data set, with `/`, sorted. */
  readonly files: readonly string[];
}

const COMMIT = /^[0-9a-f]{40}$/u;
const mostFiles = 100_000;

/** Whether a revision is a commit, which never changes, and not a branch or tag. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** The folder of a data set inside the cache, as the hub's Python library names it. */
export function repositoryFolder(cacheFolder: string, id: string): string {
  return path.join(cacheFolder, `datasets--${id.replaceAll('/', '--')}`);
}

/**
 * The cached copy of a revision: a commit, or the commit that a branch or tag was when something fetched it. Where nothing recorded which
 * commit `main` is, the newest copy. Undefined where there is none.
 */
export function findSnapshot(cacheFolder: string, id: string, revision: string): CachedSnapshot | undefined {
  const repository = repositoryFolder(cacheFolder, id);
  const snapshots = path.join(repository, 'snapshots');
  const recorded = isCommit(revision) ? revision : readReference(repository, revision);
  const commit = recorded ?? (revision === 'main' ? newestOf(snapshots) : undefined);
  if (commit === undefined) return undefined;
  const folder = path.join(snapshots, commit);
  const files = filesBelow(folder);
  return files.length === 0 ? undefined : { commit, folder, files };
}

function readReference(repository: string, revision: string): string | undefined {
  const file = path.join(repository, 'refs', ...revision.split('/'));
  if (path.relative(path.join(repository, 'refs'), file).startsWith('..')) return undefined;
  try {
    const commit = readFileSync(file, 'utf8').trim();
    return isCommit(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

function newestOf(snapshots: string): string | undefined {
  return entriesOf(snapshots)
    .filter((entry) => isCommit(entry.name))
    .map(({ name }) => ({ name, time: statSync(path.join(snapshots, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time)[0]?.name;
}

/** The files below a folder, as paths with `/` in order; links to what is not there are left out. */
export function filesBelow(folder: string): readonly string[] {
  const files: string[] = [];
  const visit = (inside: string): void => {
    for (const entry of entriesOf(path.join(folder, inside))) {
      const name = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (files.length >= mostFiles) return;
      if (entry.isDirectory()) visit(name);
      else if (isFile(path.join(folder, name))) files.push(name);
    }
  };
  visit('');
  return files.sort();
}

function entriesOf(folder: string): ReturnType<typeof readEntries> {
  try {
    return readEntries(folder);
  } catch {
    return [];
  }
}

function readEntries(folder: string): readonly { readonly name: string; isDirectory(): boolean }[] {
  return readdirSync(folder, { withFileTypes: true });
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
