import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, vi } from 'vitest';
import { datasetBehaviours } from '../../core/conformance/datasetBehaviours.ts';
import { plugins } from '../../plugins/index.ts';
import { writeLayouts } from '../plugins/datasets/knownLayouts.ts';
import { judgeEach } from './judgedPlugins.ts';

const baseFolder = mkdtempSync(path.join(tmpdir(), 'datasets-'));
afterAll(() => rmSync(baseFolder, { recursive: true }));

// What tests read of the hub lies in a cache of their own.
const snapshot = path.join(baseFolder, 'hub', 'datasets--tiny--sums', 'snapshots', 'ab'.repeat(20));
vi.stubEnv('HF_HUB_CACHE', path.join(baseFolder, 'hub'));
vi.stubEnv('HF_HUB_OFFLINE', '1');
afterAll(() => vi.unstubAllEnvs());

const rows = Array.from({ length: 400 }, (_, i) => ({ question: `What is ${i}+${i}?`, answer: String(2 * i) }));
writeFileSync(path.join(baseFolder, 'problems.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
mkdirSync(snapshot, { recursive: true });
writeFileSync(path.join(snapshot, 'train.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
writeLayouts(baseFolder);
const columnData = (['question', 'answer'] as const).map((name) => ({ name, data: rows.map((row) => row[name]) }));
writeFileSync(path.join(baseFolder, 'problems.parquet'), new Uint8Array(parquetWriteBuffer({ columnData })));

judgeEach('dataset', plugins.datasets, datasetBehaviours, (dataset, common) => ({ ...common, dataset, baseFolder }));
