import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll } from 'vitest';
import { datasetBehaviours } from '../../core/conformance/datasetBehaviours.ts';
import { plugins } from '../../plugins/index.ts';
import { judgeEach } from './judgedPlugins.ts';

const baseFolder = mkdtempSync(path.join(tmpdir(), 'datasets-'));
afterAll(() => rmSync(baseFolder, { recursive: true }));

const rows = Array.from({ length: 400 }, (_, i) => ({ question: `What is ${i}+${i}?`, answer: String(2 * i) }));
writeFileSync(path.join(baseFolder, 'problems.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
const columnData = (['question', 'answer'] as const).map((name) => ({ name, data: rows.map((row) => row[name]) }));
writeFileSync(path.join(baseFolder, 'problems.parquet'), new Uint8Array(parquetWriteBuffer({ columnData })));

judgeEach('dataset', plugins.datasets, datasetBehaviours, (dataset, common) => ({ ...common, dataset, baseFolder }));
