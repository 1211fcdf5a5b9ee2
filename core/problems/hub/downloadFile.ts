import { createHash, type Hash } from 'node:crypto';
import { createReadStream, existsSync, rmSync, statSync } from 'node:fs';
import { copyFile, mkdir, open, rename, symlink } from 'node:fs/promises';
import path from 'node:path';
import { RlvrError } from '../../errors.ts';
import { retrying } from './hubFetch.ts';
import { holdFile } from './holdFile.ts';

/** A file of a data set on the hub. */
export interface RemoteFile {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of the content for large files, Git's hash of it for the others: the name of the blob in the cache. */
  readonly hash: string;
}

/** Where a file comes from and goes. */
export interface Download {
  readonly file: RemoteFile;
  readonly address: string;
  readonly fetch: typeof fetch;
  /** The data set's folder in the cache. */
  readonly repository: string;
  readonly commit: string;
  /** Bytes of the file so far. */
  readonly onDidReceive: (bytes: number) => void;
}

const stallMilliseconds = 60_000;

/**
 * Puts a file of a commit into the cache, in the layout of the hub's Python library: `blobs/HASH`, and a link from the commit's folder.
 * What an interrupted download has left is gone on with; the content is checked against its hash before it counts. Throws
 * `dataset/unavailable` where it does not match, and what reading and writing throw.
 */
export async function downloadFile(download: Download): Promise<void> {
  const { file, repository, onDidReceive } = download;
  const blob = path.join(repository, 'blobs', file.hash);
  await mkdir(path.dirname(blob), { recursive: true });
  if (!existsSync(blob)) {
    const { part, release } = holdFile(`${blob}.incomplete`);
    try {
      await retrying(
        () => receive(download, part),
        () => sizeOf(part),
      );
      await rename(part, blob);
    } finally {
      release();
    }
  }
  onDidReceive(file.size);
  await link(blob, path.join(repository, 'snapshots', download.commit, ...file.path.split('/')));
}

function sizeOf(part: string): number {
  return statSync(part, { throwIfNoEntry: false })?.size ?? 0;
}

async function receive({ file, address, fetch: request, onDidReceive }: Download, part: string): Promise<void> {
  if (sizeOf(part) > file.size) rmSync(part);
  const have = sizeOf(part);
  if (have < file.size || file.size === 0) await append(part, have);
  if ((await hashOf(part, file)) === file.hash) return;
  rmSync(part, { force: true });
  throw new RlvrError(
    'dataset/unavailable',
    `${file.path} arrived damaged: its content does not have the hash ${file.hash}.`,
    {
      file: file.path,
    },
  );

  async function append(to: string, from: number): Promise<void> {
    const stall = new AbortController();
    const headers = from === 0 ? {} : { Range: `bytes=${from}-` };
    const response = await request(address, { headers, signal: stall.signal });
    if (!response.ok) {
      await response.body?.cancel();
      throw Object.assign(new Error(`status ${response.status}`), { statusCode: response.status });
    }
    // A server that ignores the range sends the file from its beginning.
    const output = await open(to, from > 0 && response.status === 206 ? 'a' : 'w');
    let received = response.status === 206 ? from : 0;
    const timer = setTimeout(() => {
      stall.abort(new Error(`nothing arrived for ${stallMilliseconds / 1000} seconds`));
    }, stallMilliseconds);
    try {
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        timer.refresh();
        received += chunk.length;
        if (received > file.size) throw new Error(`more than ${file.size} bytes arrived`);
        await output.write(chunk);
        onDidReceive(received);
      }
    } finally {
      clearTimeout(timer);
      await output.close();
    }
    if (received < file.size) throw Object.assign(new Error('the connection broke off'), { code: 'ECONNRESET' });
  }
}

async function hashOf(part: string, { hash, size }: RemoteFile): Promise<string> {
  const isGitHash = hash.length === 40;
  const sum: Hash = createHash(isGitHash ? 'sha1' : 'sha256');
  if (isGitHash) sum.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(part) as AsyncIterable<Buffer>) sum.update(chunk);
  return sum.digest('hex');
}

/** A relative link, as Python's library makes it; a copy where the system allows none. */
async function link(blob: string, pointer: string): Promise<void> {
  if (existsSync(pointer)) return;
  await mkdir(path.dirname(pointer), { recursive: true });
  rmSync(pointer, { force: true });
  try {
    await symlink(path.relative(path.dirname(pointer), blob), pointer);
  } catch {
    if (!existsSync(pointer)) await copyFile(blob, pointer);
  }
}
