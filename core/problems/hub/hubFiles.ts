import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RlvrError } from '../../errors.ts';
import type { TableFile } from '../rows/readRows.ts';
import { isWhole, type DataFiles, type Listing } from './dataFiles.ts';
import { downloadFile, type RemoteFile } from './downloadFile.ts';
import { findSnapshot, isCommit, repositoryFolder, type CachedSnapshot } from './hubCache.ts';
import { hubFailure, isUnreachable } from './hubFailure.ts';
import { hubFetch, retrying } from './hubFetch.ts';
import { hubSettings, type HubSettings } from './hubSettings.ts';

/** Files that are wanted of a data set on the hub. */
export interface HubRequest {
  /** `organisation/name`. */
  readonly id: string;
  /** A branch, tag or commit. */
  readonly revision: string;
  /** Which of its files are wanted, by split. */
  readonly choose: (listing: Listing) => DataFiles;
  readonly signal?: AbortSignal | undefined;
  readonly onDidDownload?: ((done: number, total: number) => void) | undefined;
}

/** Files of one commit, which lie in the cache. */
export interface HubFiles {
  readonly commit: string;
  readonly splits: Readonly<Record<string, readonly TableFile[]>>;
}

const card = 'README.md';

/**
 * Finds the files in the cache, as whoever fetched them left them, or fetches them. What the cache has of a branch is used as it is, so a
 * run reads the same again and needs no network; another revision gives other files. Throws `dataset/unavailable` and what `choose` throws.
 */
export async function hubFiles(request: HubRequest): Promise<HubFiles> {
  const settings = hubSettings();
  const { id, revision } = request;
  const cached = findSnapshot(settings.cacheFolder, id, revision);
  const local = cached && request.choose({ id, files: cached.files, card: await readCard(cached) });
  const isUsable = local !== undefined && areWhole(local);
  if (cached !== undefined && local?.isDeclared === true && isUsable) return inCache(request, cached, local);
  try {
    if (settings.isOffline) throw offlineError(settings, request, local);
    return await fetchFiles(settings, request);
  } catch (error) {
    const mayServe = settings.isOffline || isUnreachable(error);
    if (mayServe && cached !== undefined && isUsable) return inCache(request, cached, local);
    throw hubFailure(error, settings, { id, revision });
  }
}

function areWhole({ splits }: DataFiles): boolean {
  const lists = Object.values(splits);
  return lists.length > 0 && lists.every(isWhole);
}

async function readCard({ folder, files }: CachedSnapshot): Promise<string | undefined> {
  return files.includes(card) ? readFile(path.join(folder, card), 'utf8') : undefined;
}

function inCache(
  { id }: HubRequest,
  { commit, folder }: Pick<CachedSnapshot, 'commit' | 'folder'>,
  { splits }: DataFiles,
): HubFiles {
  const tableFile = (file: string): TableFile => ({
    path: path.join(folder, ...file.split('/')),
    name: `${id}/${file}`,
  });
  return {
    commit,
    splits: Object.fromEntries(Object.entries(splits).map(([split, files]) => [split, files.map(tableFile)])),
  };
}

function offlineError(
  { cacheFolder }: HubSettings,
  { id, revision }: HubRequest,
  local: DataFiles | undefined,
): RlvrError {
  const missing = Object.entries(local?.splits ?? {}).flatMap(([split, files]) => (isWhole(files) ? [] : [split]));
  const what = local === undefined ? 'no copy of it' : `only a part of it (not whole: ${missing.join(', ')})`;
  return new RlvrError(
    'dataset/unavailable',
    `HF_HUB_OFFLINE forbids the network, and the cache ${cacheFolder} has ${what}: the data set ${id}, revision ${revision}.`,
    { id, revision, missing },
  );
}

async function fetchFiles(settings: HubSettings, request: HubRequest): Promise<HubFiles> {
  const { id, revision, signal, onDidDownload } = request;
  const repository = repositoryFolder(settings.cacheFolder, id);
  const fetch = hubFetch(settings, signal);
  const { commit, files } = await retrying(() => listFiles(settings, request, fetch));
  const folder = path.join(repository, 'snapshots', commit);
  const get = (wanted: readonly string[], onDidReceive: (done: number, total: number) => void): Promise<void> =>
    downloadAll(
      wanted.flatMap((name) => files.get(name) ?? []),
      onDidReceive,
      (file, onBytes) =>
        downloadFile({
          file,
          address: `${settings.endpoint}/datasets/${id}/resolve/${commit}/${file.path.split('/').map(encodeURIComponent).join('/')}`,
          fetch,
          repository,
          commit,
          onDidReceive: onBytes,
        }),
    );
  if (files.has(card)) await get([card], () => undefined);
  const names = [...files.keys()];
  const text = files.has(card) ? await readFile(path.join(folder, card), 'utf8') : undefined;
  const chosen = request.choose({ id, files: names, card: text });
  if (!areWhole(chosen)) throw nothingChosen(request, chosen, names);
  await get(Object.values(chosen.splits).flat(), onDidDownload ?? ((): void => undefined));
  if (!isCommit(revision)) await recordRevision(repository, revision, commit);
  return inCache(request, { commit, folder }, chosen);
}

async function downloadAll(
  files: readonly RemoteFile[],
  onDidReceive: (done: number, total: number) => void,
  download: (file: RemoteFile, onBytes: (bytes: number) => void) => Promise<void>,
): Promise<void> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of files) {
    const start = before;
    await download(file, (bytes) => {
      onDidReceive(start + bytes, total);
    });
    before += file.size;
  }
}

async function listFiles(
  { endpoint: hubUrl }: HubSettings,
  { id: name, revision }: HubRequest,
  fetch: typeof globalThis.fetch,
): Promise<{ commit: string; files: ReadonlyMap<string, RemoteFile> }> {
  const hub = await import('@huggingface/hub');
  const { sha } = await hub.datasetInfo({ name, revision, additionalFields: ['sha'], hubUrl, fetch });
  if (!isCommit(sha)) throw new RlvrError('dataset/unavailable', `${hubUrl} names no commit of the data set ${name}.`);
  const files = new Map<string, RemoteFile>();
  const listing = hub.listFiles({ repo: { type: 'dataset', name }, revision: sha, recursive: true, hubUrl, fetch });
  for await (const { type, path: file, size, oid, lfs } of listing) {
    const hash = lfs?.oid ?? oid;
    if (type === 'file' && isSafePath(file) && hash !== undefined && /^[0-9a-f]{40,64}$/u.test(hash)) {
      files.set(file, { path: file, size: lfs?.size ?? size, hash });
    }
  }
  return { commit: sha, files };
}

/** Whether a path from the network stays inside its folder. */
function isSafePath(file: string): boolean {
  return !/[\\\p{Cc}:]/u.test(file) && file.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function nothingChosen({ id, revision }: HubRequest, { splits }: DataFiles, names: readonly string[]): RlvrError {
  const missing = Object.entries(splits).flatMap(([split, files]) => (isWhole(files) ? [] : [split]));
  const what = missing.length === 0 ? 'no files with rows' : `no whole files for ${missing.join(', ')}`;
  const shown = names.slice(0, 20).join(', ') + (names.length > 20 ? ', ...' : '');
  return new RlvrError(
    'dataset/invalid',
    `The data set ${id} (revision ${revision}) has ${what}. Its files: ${shown}.`,
    {
      id,
      revision,
      missing,
    },
  );
}

async function recordRevision(repository: string, revision: string, commit: string): Promise<void> {
  const file = path.join(repository, 'refs', ...revision.split('/'));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, commit);
}
