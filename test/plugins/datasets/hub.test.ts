import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { firstProblems } from '../../../core/conformance/datasetBehaviours.ts';
import type { OpenDataset, ProblemSource } from '../../../core/contracts/dataset.ts';
import { hub } from '../../../plugins/datasets/hub.ts';
import { startHub, type HubContent, type HubServer } from '../../problems/hub/hubServer.ts';
import { waitUntil } from '../../runs/waitUntil.ts';
import { openDataset } from './openDataset.ts';

const id = 'tiny/sums';
const commit = 'c0ffee'.padEnd(40, '0');
const repository = 'datasets--tiny--sums';

let home: string;
let server: HubServer | undefined;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'rlvr-hub-'));
  for (const name of [
    'HF_TOKEN',
    'HUGGING_FACE_HUB_TOKEN',
    'HF_HUB_CACHE',
    'HUGGINGFACE_HUB_CACHE',
    'HF_HUB_OFFLINE',
  ]) {
    vi.stubEnv(name, '');
  }
  for (const name of ['TRANSFORMERS_OFFLINE', 'HF_DATASETS_OFFLINE', 'HF_TOKEN_PATH']) vi.stubEnv(name, '');
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:65099');
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

async function serve(content: Partial<HubContent> = {}): Promise<HubServer> {
  server = await startHub({ id, commit, files, large: ['main/train-00000-of-00001.parquet'], ...content });
  vi.stubEnv('HF_ENDPOINT', server.endpoint);
  return server;
}

function parquetOf(from: number, to: number): Uint8Array {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'question', data: numbers.map((n) => `What is ${n}+${n}?`) },
        { name: 'answer', data: numbers.map((n) => `Twice ${n}.\n#### ${2 * n}`) },
      ],
    }),
  );
}

const card = `---
license: mit
configs:
- config_name: main
  data_files:
  - split: train
    path: main/train-*
  - split: test
    path: main/test-*
- config_name: other
  data_files: other.jsonl
---
# Sums
`;
const files = {
  'README.md': card,
  'main/train-00000-of-00001.parquet': parquetOf(0, 200),
  'main/test-00000-of-00001.parquet': parquetOf(200, 230),
  'other.jsonl': '{"question":"What is 1-1?","answer":"0"}\n',
};
const options = { id, config: 'main', reference_after: '####' };

function open(
  split: OpenDataset['split'],
  more: object = {},
  given: Partial<OpenDataset> = {},
): Promise<ProblemSource> {
  return openDataset(hub, { ...options, ...more }, { split, ...given });
}

describe('fetched from the hub', () => {
  it('lies in the cache as Python’s library keeps it, and is read by its card', async () => {
    const { requests } = await serve();
    const progress: [number, number][] = [];
    const report = await open('report', {}, { onDidDownload: (done, total) => progress.push([done, total]) });
    expect(firstProblems(report, Infinity).map(({ reference }) => reference)).toEqual(
      Array.from({ length: 30 }, (_, i) => String(2 * (200 + i))),
    );
    expect(report.problem(0)).toMatchObject({ question: 'What is 200+200?', family: 'sums' });
    expect(report.origin).toBe(`${id}@${commit}`);

    const folder = path.join(home, 'hub', repository);
    expect(readFileSync(path.join(folder, 'refs', 'main'), 'utf8')).toBe(commit);
    const train = path.join(folder, 'snapshots', commit, 'main', 'train-00000-of-00001.parquet');
    const sha256 = createHash('sha256').update(files['main/train-00000-of-00001.parquet']).digest('hex');
    expect(readlinkSync(train)).toBe(path.join('..', '..', '..', 'blobs', sha256));
    expect(new Uint8Array(readFileSync(train))).toEqual(files['main/train-00000-of-00001.parquet']);
    expect(existsSync(path.join(folder, 'snapshots', commit, 'other.jsonl'))).toBe(false);
    const total = files['main/train-00000-of-00001.parquet'].length + files['main/test-00000-of-00001.parquet'].length;
    expect(progress.at(-1)).toEqual([total, total]);
    expect(progress.every(([done], i) => done >= (progress[i - 1]?.[0] ?? 0))).toBe(true);

    const before = requests.length;
    await open('train');
    await open('selection');
    expect(requests).toHaveLength(before);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect((await open('train')).size).toBeGreaterThan(150);
  });

  it('goes on with a file where the connection broke off', async () => {
    const file = 'main/train-00000-of-00001.parquet';
    const hash = createHash('sha256').update(files[file]).digest('hex');
    const part = path.join(home, 'hub', repository, 'blobs', `${hash}.incomplete`);
    const arrived = (): Promise<void> =>
      waitUntil(() => (statSync(part, { throwIfNoEntry: false })?.size ?? 0) >= 1000);
    const { requests } = await serve({ breakOff: { file, after: 1000, arrived } });
    expect((await open('report')).size).toBe(30);
    const asked = requests.filter((request) => request.includes('train-'));
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatch(/ bytes=1000-$/u);
  });

  it('goes on with what an earlier process has left', async () => {
    const bytes = files['main/train-00000-of-00001.parquet'];
    const blobs = path.join(home, 'hub', repository, 'blobs');
    mkdirSync(blobs, { recursive: true });
    const hash = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(path.join(blobs, `${hash}.incomplete`), bytes.subarray(0, 700));
    const { requests } = await serve();
    expect((await open('train')).size).toBeGreaterThan(150);
    expect(requests.filter((request) => request.includes('train-'))).toEqual([
      `GET /datasets/${id}/resolve/${commit}/main/train-00000-of-00001.parquet bytes=700-`,
    ]);
    expect(existsSync(path.join(blobs, `${hash}.incomplete`))).toBe(false);
  });

  it('tries again when the hub is busy', async () => {
    await serve({ busy: 1 });
    expect((await open('report')).size).toBe(30);
  });

  it('shows its token to the hub, from the environment or as it was stored', async () => {
    await serve({ token: 'hf_secret' });
    await expect(open('report')).rejects.toMatchObject({
      code: 'dataset/unavailable',
      message: expect.stringMatching(/tiny\/sums.* private or gated\. .*HF_TOKEN/u) as string,
    });
    vi.stubEnv('HF_TOKEN', 'hf_wrong');
    await expect(open('report')).rejects.toMatchObject({
      code: 'dataset/unavailable',
      message: expect.stringContaining('the hub refuses the token') as string,
    });
    vi.stubEnv('HF_TOKEN', '');
    writeFileSync(path.join(home, 'token'), 'hf_secret\n');
    expect((await open('report')).size).toBe(30);
  });
});

describe('not to be had', () => {
  it.each([
    [{ id: 'tiny/none' }, /tiny\/none \(revision main\): there is no such data set, revision or file/u],
    [{ revision: 'v9' }, /revision v9\): there is no such/u],
  ])('%j', async (more, said) => {
    await serve();
    await expect(open('report', more)).rejects.toMatchObject({
      code: 'dataset/unavailable',
      message: expect.stringMatching(said) as string,
    });
  });

  it('says that nobody answers, and where a copy would be looked for', async () => {
    await expect(open('report')).rejects.toMatchObject({
      code: 'dataset/unavailable',
      message: expect.stringMatching(
        /127\.0\.0\.1:65099 cannot be reached \(.*\), and the cache .*hub has no whole copy/u,
      ) as string,
    });
  });

  it('says what is missing where the network is forbidden', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expect(open('report')).rejects.toMatchObject({
      code: 'dataset/unavailable',
      message: expect.stringMatching(
        /HF_HUB_OFFLINE forbids the network, and the cache .* has no copy of it/u,
      ) as string,
    });
    cache({ 'README.md': card, 'main/train-00000-of-00001.parquet': parquetOf(0, 50) });
    await expect(open('train')).rejects.toMatchObject({
      message: expect.stringContaining('only a part of it (not whole: test)') as string,
    });
  });

  it('keeps nothing of a file that arrives damaged', async () => {
    const file = 'main/test-00000-of-00001.parquet';
    const damaged = files[file].map((byte, i) => (i === 99 ? byte ^ 1 : byte));
    await serve({ damaged: { [file]: damaged } });
    await expect(open('report')).rejects.toMatchObject({
      code: 'dataset/unavailable',
      message: expect.stringContaining(`${file} arrived damaged`) as string,
    });
    expect(existsSync(path.join(home, 'hub', repository, 'snapshots', commit, file))).toBe(false);
  });
});

/** Puts files into the cache as `hf download` does. */
function cache(content: Readonly<Record<string, string | Uint8Array>>, { reference = true } = {}): void {
  const folder = path.join(home, 'hub', repository);
  for (const [name, bytes] of Object.entries(content)) {
    const blob = createHash('sha256').update(bytes).digest('hex');
    const pointer = path.join(folder, 'snapshots', commit, name);
    mkdirSync(path.dirname(pointer), { recursive: true });
    mkdirSync(path.join(folder, 'blobs'), { recursive: true });
    writeFileSync(path.join(folder, 'blobs', blob), bytes);
    symlinkSync(path.relative(path.dirname(pointer), path.join(folder, 'blobs', blob)), pointer);
  }
  if (!reference) return;
  mkdirSync(path.join(folder, 'refs'), { recursive: true });
  writeFileSync(path.join(folder, 'refs', 'main'), commit);
}

describe('in the cache already', () => {
  it.each([true, false])('is read without network, with a recorded revision or without (%s)', async (reference) => {
    cache(files, { reference });
    expect((await open('report')).size).toBe(30);
    const divided = await open('report', { split: 'train' });
    const own = await open('report', { split: { train: 'train', report: 'test' } });
    expect(divided.size).toBeGreaterThan(5);
    expect(own.size).toBe(30);
    expect(
      (await open('train', { config: 'other', reference_after: undefined, split: { train: 'train' }, carve: false }))
        .size,
    ).toBe(1);
    expect((await open('report', { revision: commit })).hash).not.toBe(own.hash);
  });

  it('is found by the words in the files’ names where nothing says which is which', async () => {
    cache({
      'data/train.jsonl': '{"question":"a?","answer":"1"}\n',
      'data/test.jsonl': '{"question":"b?","answer":"2"}\n',
    });
    const more = { config: undefined, reference_after: undefined };
    expect((await open('report', more)).problem(0).question).toBe('b?');
    const chosen = await open('report', { ...more, files: { mine: 'data/*.jsonl' }, split: { report: 'mine' } });
    expect(chosen.size).toBe(2);
  });

  it.each([
    [{ config: undefined }, 'has several configurations: choose one by `config`. There are: main, other'],
    [{ config: 'mian' }, 'has no configuration "mian". There are: main, other'],
    [{ split: 'dev' }, 'there is no split "dev"; there are: train, test'],
    [{ files: { train: 'nothing-*' } }, 'cannot be reached'],
  ])('asks for what is not clear: %j', async (more, said) => {
    cache(files);
    await expect(open('train', more)).rejects.toMatchObject({ message: expect.stringContaining(said) as string });
  });
});

it.each(['', 'a/b/c', '../x', 'a/..', 'a b/c'])('refuses %j as a name', (name) => {
  expect(hub.config.safeParse({ id: name }).success).toBe(false);
});
